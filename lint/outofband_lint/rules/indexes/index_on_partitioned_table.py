"""index-on-partitioned-table."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.partitioned import steps
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index, shown
from outofband_lint.statement import CreateIndex


@statement_rule(
    lock=LockMode.SHARE,
    scans=True,
    given="""
        CREATE TABLE log (id bigint, at date) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (10);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" ("eventId" bigint) PARTITION BY LIST ("eventId");
        CREATE TABLE app."Log_1" PARTITION OF app."Log" FOR VALUES IN (1)
    """,
    bad=(
        "CREATE INDEX ix ON log (at)",
        'create unique index "Ix" on app."Log" ("eventId")',
        "CREATE INDEX ON public.LOG USING brin (at)",
        Example("CREATE INDEX ix ON log (at)", settings=Settings(small=("log",))),
    ),
    good=(
        "CREATE INDEX ix ON ONLY log (at)",
        Example("CREATE INDEX ix ON log (at)", out_of_band=True),
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE INDEX ix ON p (a)",
        Example("CREATE INDEX CONCURRENTLY ix ON log_1 (at)", autocommit=True),
        "CREATE INDEX log_id ON log_1 (id)",
    ),
)
def index_on_partitioned_table(
    statement: CreateIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An index is built in the deploy on a partitioned table, and so on all its partitions.

    Cost: CREATE INDEX takes a SHARE lock on the parent and on every partition, builds one index
    after the other and keeps all locks until the transaction ends: every write to any partition
    waits for the sum of all builds. CONCURRENTLY is no way out, Postgres refuses it here.

    Instead: declare it with `op.create_index_out_of_band(…)`; `outofband apply` creates it ON ONLY
    the parent, builds one concurrently on each partition and attaches these. In plain Alembic,
    write these three steps yourself, with `postgresql_concurrently=True` on the partitions.

    Allowed when: the revision itself creates the table, or ON ONLY is written, which builds
    nothing. A table that the settings call small makes it a warning.

    Source: PostgreSQL 18, chapter 5.12.2.2 (partition maintenance); CREATE INDEX, ONLY.
    """
    if statement.concurrently or statement.only or context.source.out_of_band:
        return
    name = context.existing(statement.table, schema)
    table = None if name is None else schema.table(name)
    if table is None or table.kind != "partitioned":
        return
    built = table.index(statement.name or "")
    if statement.if_not_exists and built is not None and not built.out_of_band:
        return
    declared = create_index("create_index_out_of_band", statement)
    yield Violation(
        f"Building an index on the partitioned table {shown(table.name)} takes a SHARE lock on it "
        f"and on all its partitions: {LockMode.SHARE.blocks} to any of them waits until the last "
        "build ends.",
        f"Declare it instead: {declared}. Without outofband, in revisions of their own: "
        f"{steps(statement, table, schema)}",
        costs=(table.name,),
        fix=Fix((declared,)),
    )
