"""partition-added-beside-default."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, AttachPartition, CreateTable


@statement_rule(
    severity="warning",
    aliases=("default-partition-scan", "create-partition"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    given="""
        CREATE TABLE events (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE events_rest PARTITION OF events DEFAULT;
        CREATE TABLE checked (id bigint NOT NULL, CHECK (id >= 10 AND id < 20));
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (kind text) PARTITION BY LIST (kind);
        CREATE TABLE app."Other" (kind text);
        ALTER TABLE app."Log" ATTACH PARTITION app."Other" DEFAULT;
        CREATE TABLE plain (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE plain_1 PARTITION OF plain FOR VALUES FROM (0) TO (10);
        CREATE TABLE left_out (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE left_out_rest PARTITION OF left_out DEFAULT;
        ALTER TABLE left_out DETACH PARTITION left_out_rest
    """,
    bad=(
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (10)",
        "create table app.log_a partition of app.\"Log\" for values in ('a')",
        "ALTER TABLE events ATTACH PARTITION checked FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE fresh (id bigint); "
        "ALTER TABLE public.EVENTS ATTACH PARTITION fresh FOR VALUES FROM (30) TO (40)",
    ),
    good=(
        "CREATE TABLE plain_2 PARTITION OF plain FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE left_out_1 PARTITION OF left_out FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE n (id bigint) PARTITION BY RANGE (id); CREATE TABLE d PARTITION OF n DEFAULT;"
        "CREATE TABLE n_1 PARTITION OF n FOR VALUES FROM (10) TO (20)",
        Example(
            "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (10)",
            settings=Settings(small=("events_rest",)),
            measured=False,
        ),
    ),
)
def partition_added_beside_default(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A partition is added to a table that has a default partition.

    Cost: Postgres scans the default partition for rows that now belong to the new one, under an
    ACCESS EXCLUSIVE lock: every query that touches it waits as long as that takes. One such row
    fails the upgrade (23514).

    Instead: make partitions ahead of their rows, and keep the default one empty; or give it a CHECK
    that excludes the new bound, `op.create_check_constraint(…, postgresql_not_valid=True)`, and
    validate it in a revision before. Plain Alembic has the same.

    Allowed when: the revision itself creates the default partition. Whether a CHECK excludes the
    bound is not looked at: suppress the warning then.

    Source: PostgreSQL 18, CREATE TABLE, PARTITION OF; 5.12.2.2, Partition Maintenance.
    """
    parent = _divided(statement)
    table = schema.table(parent) if parent is not None else None
    if table is None:
        return
    for other in schema.tables.values():
        if other.partition_of == table.name and other.is_default and context.is_existing(other):
            yield Violation(
                f"Adding a partition scans {shown(other.name)}, the default one, for rows that "
                "belong to the new one, under an ACCESS EXCLUSIVE lock: "
                f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits until the transaction ends, and "
                "one such row fails the upgrade.",
                f"Keep {shown(other.name)} empty, or give it a validated CHECK that excludes "
                "the new bound first. Without outofband, the same.",
                costs=(other.name,),
            )


def _divided(statement: CreateTable | AlterTable) -> QualifiedName | None:
    """Return the table that gets a partition for certain values."""
    match statement:
        case CreateTable(partition_of=QualifiedName() as parent, is_default=False):
            return parent
        case AlterTable(table=parent, actions=actions):
            if any(isinstance(a, AttachPartition) and not a.default for a in actions):
                return parent
    return None
