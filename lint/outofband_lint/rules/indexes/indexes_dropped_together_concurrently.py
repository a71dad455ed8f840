"""indexes-dropped-together-concurrently."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import AUTOCOMMIT, execute
from outofband_lint.statement import DropIndex


@statement_rule(
    sqlstate="0A000",
    aliases=("drop-index-concurrently",),
    failure="0A000 feature_not_supported: the statement is refused and the upgrade fails",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE INDEX ix_id ON events (id);
        CREATE INDEX ix_kind ON events (kind);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE INDEX "Ix" ON app."Orders" (id)
    """,
    bad=(
        Example("DROP INDEX CONCURRENTLY ix_id, ix_kind", autocommit=True),
        Example('drop index concurrently if exists app."Ix" cascade', autocommit=True),
        Example("DROP INDEX CONCURRENTLY ix_id, ix_kind CASCADE", autocommit=True),
    ),
    good=(
        Example("DROP INDEX CONCURRENTLY ix_id", autocommit=True),
        Example("DROP INDEX CONCURRENTLY ix_id RESTRICT", autocommit=True),
        "DROP INDEX ix_id, ix_kind CASCADE",
    ),
)
def indexes_dropped_together_concurrently(
    statement: DropIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """DROP INDEX CONCURRENTLY names several indexes or says CASCADE, which Postgres refuses.

    Cost: the upgrade fails, on every database.

    Instead: one `op.drop_index_out_of_band(…)` for each index. In plain Alembic, an
    `op.drop_index(…, postgresql_concurrently=True)` for each, in an autocommit block. An index that
    a constraint owns goes with `op.drop_constraint(…)`.

    Allowed when: it names one index, without CASCADE. In a transaction it is
    concurrent-index-in-transaction.

    Source: PostgreSQL 18, DROP INDEX, CONCURRENTLY.
    """
    refused = statement.cascade or len(statement.indexes) > 1
    if not statement.concurrently or not refused or context.source.in_transaction:
        return
    owners = (schema.index(name) for name in statement.indexes)
    tables = sorted({str(owner[0].name) for owner in owners if owner is not None})
    what = "CASCADE" if statement.cascade else "more than one index"
    calls = "; ".join(execute(f"DROP INDEX CONCURRENTLY {name}") for name in statement.indexes)
    yield Violation(
        f"Postgres refuses DROP INDEX CONCURRENTLY with {what}"
        f"{' on ' if tables else ''}{', '.join(tables)}: the upgrade fails.",
        f"Drop each by itself: {AUTOCOMMIT} {calls}",
    )
