"""concurrent-index-on-partitioned-table."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.partitioned import steps
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.spelling import create_index, drop_index, execute, shown
from outofband_lint.statement import CreateIndex, DropIndex


@statement_rule(
    sqlstate="0A000",
    failure="0A000 feature_not_supported: Postgres refuses the statement, the upgrade fails",
    given="""
        CREATE TABLE log (id bigint, at date) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (10);
        CREATE INDEX log_id ON log (id);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" ("eventId" bigint) PARTITION BY LIST ("eventId")
    """,
    bad=(
        Example("CREATE INDEX CONCURRENTLY ix ON log (at)", autocommit=True),
        Example(
            'create unique index concurrently if not exists "Ix" on app."Log" ("eventId")',
            autocommit=True,
        ),
        Example("CREATE INDEX CONCURRENTLY ix ON ONLY log (at)", autocommit=True),
        Example("DROP INDEX CONCURRENTLY log_id", autocommit=True),
        Example("CREATE INDEX CONCURRENTLY ix ON public.LOG (at)", measured=False),
    ),
    good=(
        Example("CREATE INDEX CONCURRENTLY ix ON log_1 (at)", autocommit=True),
        "CREATE INDEX ix ON ONLY log (at)",
        Example("CREATE INDEX ix ON log (at)", out_of_band=True),
        "DROP INDEX log_id",
        Example("REINDEX INDEX CONCURRENTLY log_id", autocommit=True),
    ),
)
def concurrent_index_on_partitioned_table(
    statement: CreateIndex | DropIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """CONCURRENTLY is written for an index of a partitioned table, where Postgres refuses it.

    Cost: "cannot create index on partitioned table concurrently": the upgrade fails on every
    database, and what ran before it in autocommit blocks stays. Other linters ask for this form.

    Instead: declare it with `op.create_index_out_of_band(…)` or `op.drop_index_out_of_band(…)`. In
    plain Alembic, create the index ON ONLY the parent, build one on each partition with
    `postgresql_concurrently=True`, and attach these. A partitioned index is dropped without
    CONCURRENTLY, in a moment, with lock_timeout set.

    Allowed when: the table is a partition, which may have indexes built concurrently.

    Source: PostgreSQL 18, CREATE INDEX and DROP INDEX, CONCURRENTLY; chapter 5.12.2.2.
    """
    if context.source.out_of_band or not statement.concurrently:
        return
    if isinstance(statement, CreateIndex):
        table = schema.table(statement.table)
        if table is not None and table.kind == "partitioned":
            yield _created(statement, table, schema)
        return
    for name in statement.indexes:
        found = schema.index(name)
        if found is not None and found[0].kind == "partitioned":
            table = found[0]
            yield Violation(
                f"Postgres refuses DROP INDEX CONCURRENTLY for {name}, an index of the partitioned "
                f"table {shown(table.name)}: the upgrade fails.",
                f"Declare it instead: {drop_index('drop_index_out_of_band', name, table.name)}. "
                "Without outofband, drop it without CONCURRENTLY, with a lock_timeout: "
                f"{execute(f'DROP INDEX {name}')}",
                fix=Fix((drop_index("drop_index_out_of_band", name, table.name),)),
            )


def _created(statement: CreateIndex, table: Table, schema: Schema) -> Violation:
    declared = create_index("create_index_out_of_band", statement)
    return Violation(
        f"Postgres refuses CREATE INDEX CONCURRENTLY on the partitioned table {shown(table.name)}: "
        "the upgrade fails.",
        f"Declare it instead: {declared}. Without outofband, in revisions of their own: "
        f"{steps(statement, table, schema)}",
        fix=Fix((declared,)),
    )
