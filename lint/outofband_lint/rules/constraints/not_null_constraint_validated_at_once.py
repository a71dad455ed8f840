"""not-null-constraint-validated-at-once."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import added_constraints, constraint_name, is_only_action
from outofband_lint.context import StatementContext
from outofband_lint.declaring import declare_not_null
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import quote
from outofband_lint.proof import is_proved_not_null
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import execute, shown, validate_constraint
from outofband_lint.statement import AlterTable


@statement_rule(
    aliases=("constraint-missing-not-valid", "adding-not-nullable-field", "set-not-null"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    sqlstate="23502",
    since=18,
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int CHECK (b IS NOT NULL));
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("Total" int)
    """,
    bad=(
        Example(
            "ALTER TABLE orders ADD CONSTRAINT a_set NOT NULL a",
            data="INSERT INTO orders VALUES (1, NULL, 1)",
        ),
        "alter table ORDERS add not null A",
        'ALTER TABLE app."Orders" ADD CONSTRAINT "Set" NOT NULL "Total"',
        Example("ALTER TABLE created_by_hand ADD NOT NULL a", measured=False),
    ),
    good=(
        Example("ALTER TABLE orders ADD CONSTRAINT a_set NOT NULL a", out_of_band=True),
        "ALTER TABLE orders ADD CONSTRAINT a_set NOT NULL a NOT VALID",
        "ALTER TABLE orders ADD CONSTRAINT b_set NOT NULL b",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD NOT NULL a",
    ),
)
def not_null_constraint_validated_at_once(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A NOT NULL constraint on a table in use is checked for every row at once (PostgreSQL 18).

    Cost: ADD NOT NULL reads the whole table under an ACCESS EXCLUSIVE lock, as SET NOT NULL does.
    Every query waits for as long as that takes. One NULL fails the upgrade.

    Instead: `op.set_not_null_out_of_band(…)`: the deploy adds it for new rows, which reads nothing,
    and the runbook validates the others, which blocks no query. In plain Alembic,
    `op.execute("ALTER TABLE … ADD CONSTRAINT … NOT NULL … NOT VALID")`, and in a later revision
    VALIDATE CONSTRAINT.

    Allowed when: the revision itself creates the table, the constraint is NOT VALID, or a validated
    CHECK of the schema before proves it.

    Source: PostgreSQL 18, ALTER TABLE, ADD table_constraint.
    """
    for table, declared in added_constraints(statement, schema, context):
        if declared.kind != "not_null" or declared.not_valid:
            continue
        column = declared.columns[0]
        if is_proved_not_null(table, column, schema):
            continue
        named = shown(table)
        name = constraint_name(table, declared, schema)
        here = execute(
            f"ALTER TABLE {named} ADD CONSTRAINT {quote(name)} NOT NULL {quote(column)} NOT VALID"
        )
        later = validate_constraint(table, name)
        step = declare_not_null(table, name, column)
        yield Violation(
            f"Adding NOT NULL to column {quote(column)} of {named} reads the whole table under an "
            f"ACCESS EXCLUSIVE lock: {LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits until it "
            "ends.",
            f"Declare it, {step}. Without outofband, create it as NOT VALID, {here}, and in a "
            f"later revision {later}",
            costs=(table,),
            fix=Fix(here=(step,)) if is_only_action(statement) else None,
        )
