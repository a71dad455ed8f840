"""concurrent-index-if-not-exists."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import PATH, Example
from outofband_lint.fix import Fix
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Source
from outofband_lint.spelling import create_index
from outofband_lint.statement import CreateIndex, DropIndex

_BUILT = Source(
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON events (kind)", PATH, 9, in_transaction=False
)


def _beside(*others: str) -> Example:
    sources = (Source(sql, PATH, 8, in_transaction=False) for sql in others)
    return Example(sources=(*sources, _BUILT), measured=False)


@statement_rule(
    failure="an INVALID index of that name is taken for the index: the build is skipped for ever",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "customerId" bigint)
    """,
    bad=(
        Example("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON events (kind)", autocommit=True),
        Example(
            'create unique index concurrently if not exists "Ix" on app."Orders" ("customerId")',
            autocommit=True,
        ),
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON public.EVENTS USING hash (kind)",
        _beside("DROP INDEX CONCURRENTLY IF EXISTS another"),
    ),
    good=(
        Example("CREATE INDEX CONCURRENTLY ix ON events (kind)", autocommit=True),
        "CREATE INDEX IF NOT EXISTS ix ON events (kind)",
        Example("CREATE INDEX IF NOT EXISTS ix ON events (kind)", out_of_band=True),
        Example("DROP INDEX CONCURRENTLY IF EXISTS ix", autocommit=True),
        _beside("DROP INDEX CONCURRENTLY IF EXISTS ix"),
        _beside("SELECT 1 FROM pg_index WHERE indexrelid = 'ix'::regclass AND NOT indisvalid"),
    ),
)
def concurrent_index_if_not_exists(
    statement: CreateIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """IF NOT EXISTS passes over the INVALID index that a failed concurrent build leaves behind.

    Cost: a build that fails (a duplicate, a lock_timeout, temp_file_limit, a killed deploy) leaves
    an index that no query uses and that may cost every write. When the migration runs again, the
    name exists: a NOTICE, exit 0, the revision is stamped, and the table is without its index for
    ever.

    Instead: declare the index with `op.create_index_out_of_band(…)`, which looks at validity and
    definition, not at the name. In plain Alembic, leave IF NOT EXISTS out, and let the runbook say
    `DROP INDEX CONCURRENTLY` before a second attempt.

    Allowed when: the revision drops an index of that name first, or asks pg_index.indisvalid.
    Without CONCURRENTLY a failed build leaves nothing behind.

    Source: PostgreSQL 18, CREATE INDEX, "Building Indexes Concurrently" and IF NOT EXISTS.
    """
    if context.source.out_of_band or not (statement.concurrently and statement.if_not_exists):
        return
    known = schema.table(statement.table)
    if known is not None and known.kind == "partitioned":
        return  # refused: concurrent-index-on-partitioned-table
    if _looks_itself(context, statement.name):
        return
    declared = create_index("create_index_out_of_band", statement)
    name = QualifiedName(statement.name or "")
    yield Violation(
        f"Once a concurrent build of {name} on {statement.table} has failed, IF NOT EXISTS skips "
        f"the INVALID index it left: {statement.table} stays without the index for ever.",
        f"Declare it instead: {declared}. "
        f"Without outofband, leave IF NOT EXISTS out and put DROP INDEX CONCURRENTLY {name} into "
        "the runbook for a second attempt",
        fix=Fix((declared,)),
    )


def _looks_itself(context: StatementContext, name: str | None) -> bool:
    """Tell whether the revision drops what a failed build left, or asks whether it is valid."""
    dropped = (sent.statement for sent in context.earlier)
    return any(
        isinstance(statement, DropIndex) and name in [index.name for index in statement.indexes]
        for statement in dropped
    ) or any("indisvalid" in source.sql.lower() for source in context.revision.sources)
