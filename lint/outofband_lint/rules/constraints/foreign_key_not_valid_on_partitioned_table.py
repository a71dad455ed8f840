"""foreign-key-not-valid-on-partitioned-table."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import added_constraints
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable


@statement_rule(
    severity="warning",
    aliases=("partitioned-fk-not-valid",),
    failure="before PostgreSQL 18, 42809 wrong_object_type: the statement is refused",
    given="""
        CREATE TABLE customers (id bigint PRIMARY KEY);
        CREATE TABLE log (id bigint, customer_id bigint) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint, "customerId" bigint) PARTITION BY RANGE (id)
    """,
    bad=(
        Example(
            "ALTER TABLE log ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
            measured=False,
        ),
        Example(
            'alter table app."Log" add constraint k foreign key ("customerId") '
            "references customers (id) not valid",
            measured=False,
        ),
        Example(
            "ALTER TABLE public.LOG ADD COLUMN a int, "
            "ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
            measured=False,
        ),
    ),
    good=(
        "ALTER TABLE log_1 ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
        "ALTER TABLE log ADD CHECK (customer_id > 0) NOT VALID",
        "ALTER TABLE log ADD FOREIGN KEY (customer_id) REFERENCES customers",
    ),
)
def foreign_key_not_valid_on_partitioned_table(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A foreign key of a partitioned table is added as NOT VALID, which PostgreSQL 17 refuses.

    Cost: on every version before 18 the upgrade fails with "cannot add NOT VALID foreign key on
    partitioned table" and rolls back.

    Instead: `op.create_foreign_key_out_of_band(…)`, of which the runbook does on each version what
    that one can. In plain Alembic, add it to each partition as NOT VALID, `op.create_foreign_key(…,
    postgresql_not_valid=True)`, validate each in a later revision, then add it to the partitioned
    table, which takes theirs over.

    Allowed when: every server runs PostgreSQL 18 or later: suppress the warning then, or set the
    rule to off.

    Source: PostgreSQL 18, Release Notes; measured on 15 and 18.
    """
    table = schema.table(statement.table)
    if table is None or table.kind != "partitioned":
        return
    for name, key in added_constraints(statement, schema, context):
        if key.kind == "foreign_key" and key.not_valid:
            yield Violation(
                f"Before PostgreSQL 18 the partitioned table {shown(name)} takes no foreign key as "
                "NOT VALID: the upgrade fails with 42809.",
                "Declare it with op.create_foreign_key_out_of_band. Without outofband, add it to "
                "each partition as NOT VALID, validate each in a later revision, then add it to "
                f"{shown(name)}",
            )
