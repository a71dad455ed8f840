"""concurrent-index-in-transaction."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import AUTOCOMMIT, shown
from outofband_lint.statement import (
    AlterTable,
    CreateIndex,
    DetachPartition,
    DropIndex,
    Reindex,
    Statement,
)


@statement_rule(
    sqlstate="25001",
    failure="25001 active_sql_transaction: the statement is refused and the upgrade rolls back",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE INDEX ix_events_id ON events (id);
        CREATE MATERIALIZED VIEW totals AS SELECT id FROM events;
        CREATE UNIQUE INDEX ON totals (id);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE app.log_1 PARTITION OF app."Log" FOR VALUES FROM (1) TO (10)
    """,
    bad=(
        "CREATE INDEX CONCURRENTLY ix ON events (kind)",
        'create unique index concurrently if not exists "Ix" on app."Log" (id)',
        "DROP INDEX CONCURRENTLY ix_events_id",
        "DROP INDEX CONCURRENTLY IF EXISTS public.ix_events_id",
        "REINDEX TABLE CONCURRENTLY events",
        "reindex (concurrently) index ix_events_id",
        'ALTER TABLE app."Log" DETACH PARTITION app.log_1 CONCURRENTLY',
    ),
    good=(
        Example("CREATE INDEX CONCURRENTLY ix ON events (kind)", autocommit=True),
        Example("DROP INDEX CONCURRENTLY ix_events_id", autocommit=True),
        Example("CREATE INDEX CONCURRENTLY ix ON events (kind)", out_of_band=True),
        "CREATE INDEX ix ON events (kind)",
        'ALTER TABLE app."Log" DETACH PARTITION app.log_1',
        "REINDEX (CONCURRENTLY off) TABLE events",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
    ),
)
def concurrent_index_in_transaction(
    statement: CreateIndex | DropIndex | Reindex | AlterTable,
    schema: Schema,
    context: StatementContext,
) -> Iterator[Violation]:
    """A CONCURRENTLY statement stands in a transaction, where Postgres refuses it.

    Cost: the upgrade fails with "cannot run inside a transaction block" and rolls back. Alembic
    opens a transaction around each upgrade, so this happens on every database.

    Instead: declare an index with `op.create_index_out_of_band(…)` or
    `op.drop_index_out_of_band(…)`. In plain Alembic, give the statement a revision of its own and
    put it into `with op.get_context().autocommit_block():`, with `postgresql_concurrently=True`.

    Allowed when: an autocommit block surrounds it. REFRESH MATERIALIZED VIEW CONCURRENTLY may run
    in a transaction.

    Source: PostgreSQL 18, CREATE INDEX, DROP INDEX, REINDEX, ALTER TABLE … DETACH PARTITION.
    """
    if not context.source.in_transaction or context.source.out_of_band:
        return
    concurrent = _concurrent(statement, schema)
    if concurrent is None:
        return
    words, name, operation = concurrent
    yield Violation(
        f"Postgres refuses {words} CONCURRENTLY on {name} inside a transaction: the upgrade fails "
        "and rolls back.",
        f"Declare it with {operation} instead, or put it alone into a revision, under {AUTOCOMMIT} "
        "with postgresql_concurrently=True"
        if operation
        else f"Put it alone into a revision, under {AUTOCOMMIT}",
    )


def _concurrent(statement: Statement, schema: Schema) -> tuple[str, str, str | None] | None:
    """Return the statement's words, what it works on and our operation for it."""
    match statement:
        case CreateIndex(concurrently=True, table=table):
            return "CREATE INDEX", str(table), "op.create_index_out_of_band(…)"
        case DropIndex(concurrently=True, indexes=indexes):
            return "DROP INDEX", _of_table(indexes[0], schema), "op.drop_index_out_of_band(…)"
        case Reindex(concurrently=True, name=name):
            return "REINDEX", str(name or "the database"), None
        case AlterTable(table=table, actions=(DetachPartition(concurrently=True),)):
            return "DETACH PARTITION", str(table), None
    return None


def _of_table(index: QualifiedName, schema: Schema) -> str:
    found = schema.index(index)
    return str(index) if found is None else f"{index} of {shown(found[0].name)}"
