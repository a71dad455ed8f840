"""check-validated-at-once."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import added_constraints, constraint_name, is_only_action
from outofband_lint.context import StatementContext
from outofband_lint.declaring import declare_check
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_check, shown, validate_constraint
from outofband_lint.statement import AlterTable


@statement_rule(
    aliases=(
        "constraint-missing-not-valid",
        "add_check_constraint",
        "add-check-without-not-valid",
        "validating-check-constraint-on-existing-rows",
        "E1",
        "PG305",
        "US013",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    sqlstate="23514",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY, total int, state text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("Total" int);
        CREATE TABLE log (id bigint, line text) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
        CREATE TABLE vehicles (wheels int);
        CREATE TABLE cars (doors int) INHERITS (vehicles)
    """,
    bad=(
        Example(
            "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0)",
            data="INSERT INTO orders VALUES (1, 0)",
        ),
        "alter table ORDERS add check (STATE in ('new', 'a:b'))",
        'ALTER TABLE app."Orders" ADD CONSTRAINT "Positive" CHECK ("Total" > 0)',
        "ALTER TABLE log ADD CONSTRAINT filled CHECK (line <> '')",
        "ALTER TABLE vehicles ADD CHECK (wheels > 1) NO INHERIT",
        "ALTER TABLE orders ADD a int, ADD CONSTRAINT positive CHECK (total > 0)",
        Example("ALTER TABLE created_by_hand ADD CHECK (a > 0)", measured=False),
        Example("ALTER TABLE orders ADD CHECK (total > 0)", settings=Settings(small=("orders",))),
    ),
    good=(
        Example("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0)", out_of_band=True),
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID",
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT ENFORCED",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD CHECK (a > 0)",
        "CREATE TABLE fresh (a int CHECK (a > 0))",
    ),
)
def check_validated_at_once(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A CHECK on a table in use is evaluated for every row at once.

    Cost: ADD CHECK reads the whole table under an ACCESS EXCLUSIVE lock. Every query waits for as
    long as that takes. One row that does not satisfy it fails the upgrade.

    Instead: `op.create_check_constraint_out_of_band(…)`: the deploy adds it for new rows, which
    reads nothing, and the runbook validates the others, which blocks no query. Plain Alembic has
    `op.create_check_constraint(…, postgresql_not_valid=True)`, and VALIDATE CONSTRAINT in a later
    revision.

    Allowed when: the revision itself creates the table, or the CHECK is NOT VALID or NOT ENFORCED.

    Source: PostgreSQL 18, ALTER TABLE, ADD table_constraint and VALIDATE CONSTRAINT.
    """
    for table, check in added_constraints(statement, schema, context):
        if check.kind == "check" and check.enforced and not check.not_valid:
            named = shown(table)
            name = constraint_name(table, check, schema)
            here = create_check(table, name, check.expression or "")
            later = validate_constraint(table, name)
            declared = declare_check(table, name, check.expression or "")
            fixable = is_only_action(statement) and not check.no_inherit
            yield Violation(
                f"Adding CHECK {name} reads the whole table {named} under an ACCESS EXCLUSIVE "
                f"lock: {LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits until it ends.",
                f"Declare it, {declared}. Without outofband, create it as NOT VALID, {here}, and "
                f"in a later revision {later}",
                costs=(table,),
                fix=Fix(here=(declared,)) if fixable else None,
            )
