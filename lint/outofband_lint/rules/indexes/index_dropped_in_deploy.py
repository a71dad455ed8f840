"""index-dropped-in-deploy."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.spelling import AUTOCOMMIT, drop_index, shown
from outofband_lint.statement import DropIndex


@statement_rule(
    lock=LockMode.ACCESS_EXCLUSIVE,
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE INDEX ix_events_kind ON events (kind);
        CREATE INDEX ix_events_id ON events (id);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE INDEX "Ix" ON app."Orders" (id)
    """,
    bad=(
        "DROP INDEX ix_events_kind",
        "drop index if exists public.IX_EVENTS_KIND cascade",
        'DROP INDEX app."Ix"',
        "DROP INDEX ix_events_kind, ix_events_id",
        Example("DROP INDEX ix_nobody_knows", measured=False),
        "ALTER INDEX ix_events_id RENAME TO renamed; DROP INDEX renamed",
        Example("DROP INDEX ix_events_kind", autocommit=True),
        Example("DROP INDEX ix_events_kind", settings=Settings(small=("events",))),
    ),
    good=(
        Example("DROP INDEX CONCURRENTLY ix_events_kind", autocommit=True),
        Example("DROP INDEX ix_events_kind", out_of_band=True),
        "CREATE TABLE fresh (a int); CREATE INDEX ix ON fresh (a); DROP INDEX ix",
        Example("DROP TABLE events", measured=False),
    ),
)
def index_dropped_in_deploy(
    statement: DropIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An index of a table in use is dropped in the deploy.

    Cost: DROP INDEX needs an ACCESS EXCLUSIVE lock on the table. It waits for every running query
    on it, and all later ones queue behind it, reads too; then it keeps the lock until the
    migration's transaction ends.

    Instead: declare it with `op.drop_index_out_of_band(…)`; `outofband apply` drops it
    concurrently, once what it waits for is done. In plain Alembic, in a revision of its own:
    `with op.get_context().autocommit_block():` around
    `op.drop_index(…, postgresql_concurrently=True)`.

    Allowed when: the revision itself creates the table. A table that the settings call small makes
    it a warning.

    Source: PostgreSQL 18, DROP INDEX, CONCURRENTLY; 13.3, Explicit Locking.
    """
    if statement.concurrently or context.source.out_of_band:
        return
    harmed = [(index, _table(index, schema)) for index in statement.indexes]
    harmed = [(index, table) for index, table in harmed if not table or context.is_existing(table)]
    if not harmed:
        return
    index, table = harmed[0]
    tables = " and ".join(dict.fromkeys(_called(index, table) for index, table in harmed))
    name = table.name if table else None
    yield Violation(
        f"Dropping {', '.join(str(index) for index, _ in harmed)} in the deploy takes an ACCESS "
        f"EXCLUSIVE lock on {tables}: {LockMode.ACCESS_EXCLUSIVE.blocks} waits behind it until "
        "the migration's transaction ends.",
        f"Declare it instead: {drop_index('drop_index_out_of_band', index, name)}. "
        f"Without outofband, in a revision of its own: {AUTOCOMMIT} "
        f"{drop_index('drop_index', index, name, 'postgresql_concurrently=True')}",
        costs=tuple(t.name if t else i for i, t in harmed),
    )


def _table(index: QualifiedName, schema: Schema) -> Table | None:
    """Return the table of an index, None for one that the chain never created."""
    found = schema.index(index)
    return found[0] if found else None


def _called(index: QualifiedName, table: Table | None) -> str:
    return str(shown(table.name)) if table else f"the table of {index}"
