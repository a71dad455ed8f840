"""concurrent-index-in-transaction."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import AUTOCOMMIT, create_index, drop_index, execute, shown
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
    aliases=(
        "ban-concurrent-index-creation-in-transaction",
        "disable_ddl_transaction",
        "AG002",
        "R003",
        "concurrent-in-transaction",
    ),
    failure="25001 active_sql_transaction: the statement is refused and the upgrade rolls back",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE INDEX ix_events_id ON events (id);
        CREATE MATERIALIZED VIEW totals AS SELECT id FROM events;
        CREATE UNIQUE INDEX ON totals (id);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("customerId" bigint);
        CREATE TABLE app."Log" (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE app.log_1 PARTITION OF app."Log" FOR VALUES FROM (1) TO (10)
    """,
    bad=(
        "CREATE INDEX CONCURRENTLY ix ON events (kind)",
        'create unique index concurrently if not exists "Ix" on app."Orders" ("customerId")',
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
        Example('CREATE INDEX CONCURRENTLY ix ON app."Log" (id)', measured=False),
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
    words, name, fix = concurrent
    declared = fix.here[0] if not fix.autocommit else ""
    yield Violation(
        f"Postgres refuses {words} CONCURRENTLY on {name} inside a transaction: the upgrade fails "
        "and rolls back.",
        f"Declare it instead: {declared}. Without outofband, put it alone into a revision, under "
        f"{AUTOCOMMIT} with postgresql_concurrently=True"
        if declared
        else f"Put it alone into a revision: {AUTOCOMMIT} {fix.here[0]}",
        fix=fix,
    )


def _concurrent(statement: Statement, schema: Schema) -> tuple[str, str, Fix] | None:
    """Return the statement's words, what it works on, and what to write instead.

    On a partitioned table CONCURRENTLY is refused anywhere: concurrent-index-on-partitioned-table.
    """
    match statement:
        case CreateIndex(concurrently=True, table=table):
            found = schema.table(table)
            if found is not None and found.kind == "partitioned":
                return None
            declared = create_index("create_index_out_of_band", statement)
            return "CREATE INDEX", str(table), Fix((declared,))
        case DropIndex(concurrently=True, indexes=indexes):
            owners = [schema.index(name) for name in indexes]
            if any(owner and owner[0].kind == "partitioned" for owner in owners):
                return None
            calls = tuple(
                drop_index("drop_index_out_of_band", name, owner[0].name if owner else None)
                for name, owner in zip(indexes, owners, strict=True)
            )
            return "DROP INDEX", _of_table(indexes[0], schema), Fix(calls)
        case Reindex(concurrently=True, name=name):
            return "REINDEX", str(name or "the database"), _apart(statement)
        case AlterTable(table=table, actions=(DetachPartition(concurrently=True),)):
            return "DETACH PARTITION", str(table), _apart(statement)
    return None


def _apart(statement: Statement) -> Fix:
    return Fix((execute(statement.sql),), autocommit=True)


def _of_table(index: QualifiedName, schema: Schema) -> str:
    found = schema.index(index)
    return str(index) if found is None else f"{index} of {shown(found[0].name)}"
