"""partition-attached-without-check."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.implication import implies_bound
from outofband_lint.locks import LockMode
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, AttachPartition


@statement_rule(
    aliases=("attach-partition", "attach_partition", "partition-attach"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    given="""
        CREATE TABLE events (id bigint NOT NULL, at date) PARTITION BY RANGE (id);
        CREATE TABLE events_9 PARTITION OF events FOR VALUES FROM (900) TO (999);
        CREATE TABLE plain (id bigint NOT NULL, at date);
        CREATE TABLE checked (id bigint NOT NULL, at date, CHECK (id >= 10 AND id < 20));
        CREATE TABLE nullable (id bigint, at date, CHECK (id >= 10 AND id < 20));
        CREATE TABLE unproved (id bigint NOT NULL, at date);
        ALTER TABLE unproved ADD CHECK (id >= 10 AND id < 20) NOT VALID;
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (kind text NOT NULL, at date NOT NULL) PARTITION BY LIST (kind);
        CREATE TABLE app."Log_a" (kind text NOT NULL, at date NOT NULL);
        CREATE TABLE app.log_b (kind text NOT NULL, at date NOT NULL, CHECK (kind IN ('b', 'c')));
        CREATE TABLE days (at date NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE january (at date NOT NULL, CHECK (at >= '2024-01-01' AND at < '2024-02-01'))
    """,
    bad=(
        "ALTER TABLE events ATTACH PARTITION plain FOR VALUES FROM (1) TO (10)",
        "alter table EVENTS attach partition checked for values from (12) to (20)",
        'ALTER TABLE app."Log" ATTACH PARTITION app."Log_a" FOR VALUES IN (\'a\')',
        "ALTER TABLE events ATTACH PARTITION unproved FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE events ATTACH PARTITION plain DEFAULT",
        "ALTER TABLE days ATTACH PARTITION january FOR VALUES FROM ('2024-01-02') TO (MAXVALUE)",
    ),
    good=(
        "CREATE TABLE fresh (id bigint NOT NULL, at date); "
        "ALTER TABLE events ATTACH PARTITION fresh FOR VALUES FROM (1) TO (10)",
        "ALTER TABLE events ATTACH PARTITION checked FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE events ATTACH PARTITION checked FOR VALUES FROM (MINVALUE) TO (30)",
        "ALTER TABLE app.\"Log\" ATTACH PARTITION app.log_b FOR VALUES IN ('a', 'b', 'c')",
        "ALTER TABLE days ATTACH PARTITION january "
        "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
        'ALTER TABLE app."Log" ATTACH PARTITION app."Log_a" DEFAULT',
    ),
)
def partition_attached_without_check(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A table in use is attached as a partition, and no CHECK proves that its rows belong there.

    Cost: Postgres scans the whole table for rows outside the bound, under an ACCESS EXCLUSIVE lock
    on it. A default partition is locked and scanned likewise for rows that now belong elsewhere.

    Instead: add a CHECK that says what the bound says, and NOT NULL where the key can be NULL:
    `op.create_check_constraint(…, postgresql_not_valid=True)`, validate it in the next revision
    with `op.execute("ALTER TABLE … VALIDATE CONSTRAINT …")`, then attach. In plain Alembic it is
    the same.

    Allowed when: the revision itself creates the table, or a validated CHECK over the key, with the
    column NOT NULL, implies the bound. Where a CHECK is there but too intricate to compare, it is a
    warning. A table that the settings call small makes it a warning.

    Source: PostgreSQL 18, ALTER TABLE, ATTACH PARTITION; 5.12.2.2, Partition Maintenance.
    """
    for action in statement.actions:
        if not isinstance(action, AttachPartition):
            continue
        name = context.existing(action.partition, schema)
        table = schema.table(action.partition)
        parent = schema.table(statement.table)
        key = parent.partition_key if parent else ""
        if name is None or (table is not None and implies_bound(table, key, action.bound)):
            continue
        if action.default and parent is not None and not _is_divided(parent, schema):
            continue
        bound = "DEFAULT" if action.default else f"FOR VALUES {action.bound}"
        yield Violation(
            f"Attaching {shown(name)} scans it whole for rows outside {bound}, under an ACCESS "
            f"EXCLUSIVE lock: {LockMode.ACCESS_EXCLUSIVE.blocks} of {shown(name)} waits meanwhile.",
            f"Add a CHECK to {shown(name)} first that says what the bound says, with "
            "op.create_check_constraint(…, postgresql_not_valid=True), and validate it in the next "
            f"revision: ALTER TABLE {shown(name)} VALIDATE CONSTRAINT …. Without outofband it is "
            "the same",
            severity="warning" if table is not None and _may_be_proved(table, key) else None,
            costs=(name,),
        )


def _is_divided(parent: Table, schema: Schema) -> bool:
    """Tell whether there are partitions whose rows a default one must not hold."""
    return any(table.partition_of == parent.name for table in schema.tables.values())


def _may_be_proved(table: Table, key: str) -> bool:
    """Tell whether a CHECK speaks of a key that is more than one column, which nobody compares."""
    is_column = any(quote(column.name) == key for column in table.columns)
    return (
        bool(key)
        and not is_column
        and any(c.kind == "check" and c.validated for c in table.constraints)
    )
