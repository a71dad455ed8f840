"""partition-detached-without-concurrently."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import AUTOCOMMIT, detach_partition, execute, shown
from outofband_lint.statement import AlterTable, DetachPartition


@statement_rule(
    aliases=(
        "require-concurrent-partition-detach",
        "US027",
        "NonConcurrentDetachPartition",
        "detach-partition",
        "detach_partition",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    given="""
        CREATE TABLE events (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (10);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE app."Log_1" PARTITION OF app."Log" FOR VALUES FROM (1) TO (10)
    """,
    bad=(
        "ALTER TABLE events DETACH PARTITION events_1",
        'alter table app."Log" detach partition app."Log_1"',
        "ALTER TABLE IF EXISTS public.EVENTS DETACH PARTITION public.events_1",
        Example("ALTER TABLE events DETACH PARTITION events_1", autocommit=True),
        Example("ALTER TABLE created_by_hand DETACH PARTITION part", measured=False),
    ),
    good=(
        Example(
            "ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY",
            autocommit=True,
            measured=False,  # ACCESS EXCLUSIVE too, but on the partition alone and at the very end
        ),
        Example("ALTER TABLE events DETACH PARTITION events_1 FINALIZE", measured=False),
        "CREATE TABLE fresh (id bigint) PARTITION BY RANGE (id); "
        "CREATE TABLE fresh_1 PARTITION OF fresh FOR VALUES FROM (1) TO (10); "
        "ALTER TABLE fresh DETACH PARTITION fresh_1",
    ),
)
def partition_detached_without_concurrently(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A partition is detached under a lock on the whole partitioned table.

    Cost: DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the partitioned table: it waits for
    every query on any partition, and all later ones queue behind it until the migration's
    transaction ends.

    Instead: declare it with `op.detach_partition_out_of_band(…)`; `outofband apply` detaches it
    concurrently, finishes what died half-way, and locks the table for milliseconds where a default
    partition has Postgres refuse that. In plain Alembic, in a revision of its own:
    `op.execute("ALTER TABLE … DETACH PARTITION … CONCURRENTLY")` under
    `with op.get_context().autocommit_block():`.

    Allowed when: the revision itself creates the partitioned table, or it is declared out of band.
    A table that the settings call small makes it a warning.

    Source: PostgreSQL 18, ALTER TABLE, DETACH PARTITION.
    """
    for action in statement.actions:
        if not isinstance(action, DetachPartition) or action.concurrently or action.finalize:
            continue
        table = altered(statement, schema, context)
        if table is None:
            continue
        yield _violation(statement, action, table)


def _violation(statement: AlterTable, action: DetachPartition, table: QualifiedName) -> Violation:
    concurrent = execute(
        f"ALTER TABLE {statement.table} DETACH PARTITION {action.partition} CONCURRENTLY"
    )
    declared = detach_partition(statement.table, action.partition)
    return Violation(
        f"Detaching {shown(action.partition)} takes an ACCESS EXCLUSIVE lock on {shown(table)}: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks}, of every partition, waits until the migration's "
        "transaction ends.",
        f"Declare it instead: {declared}. Without outofband, detach it concurrently in a revision "
        f"of its own: {AUTOCOMMIT} {concurrent}; with a default partition Postgres refuses that",
        costs=(table,),
        fix=Fix((declared,)) if len(statement.actions) == 1 else None,
    )
