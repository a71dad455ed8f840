"""foreign-key-validated-at-once."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import added_constraints, constraint_name, is_only_action
from outofband_lint.context import StatementContext
from outofband_lint.declaring import declare_foreign_key
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_foreign_key, shown, validate_constraint
from outofband_lint.statement import AlterTable, Constraint


@statement_rule(
    aliases=(
        "adding-foreign-key-constraint",
        "constraint-missing-not-valid",
        "add_foreign_key",
        "add-fk-without-not-valid",
        "validating-foreign-key-constraint-on-existing-rows",
        "E1",
        "PG306",
        "US012",
    ),
    lock=LockMode.SHARE_ROW_EXCLUSIVE,
    scans=True,
    sqlstate="23503",
    given="""
        CREATE TABLE customers (id bigint PRIMARY KEY);
        CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, parent_id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Customers" ("Id" int PRIMARY KEY);
        CREATE TABLE app."Orders" ("customerId" int);
        CREATE TABLE log (id bigint, customer_id bigint) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)
    """,
    bad=(
        Example(
            "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (customer_id) REFERENCES customers",
            data="INSERT INTO orders VALUES (1, 5)",
        ),
        "alter table ORDERS add foreign key (customer_id) references public.CUSTOMERS (id) "
        "on delete cascade",
        'ALTER TABLE app."Orders" ADD CONSTRAINT "Fk" FOREIGN KEY ("customerId") '
        'REFERENCES app."Customers" ("Id") ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED',
        "ALTER TABLE orders ADD FOREIGN KEY (parent_id) REFERENCES orders",
        "ALTER TABLE log ADD FOREIGN KEY (customer_id) REFERENCES customers",
        Example(
            "ALTER TABLE created_by_hand ADD FOREIGN KEY (a) REFERENCES customers", measured=False
        ),
        Example(
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers",
            settings=Settings(small=("orders",)),
        ),
    ),
    good=(
        Example(
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers",
            out_of_band=True,
        ),
        "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
        "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT ENFORCED",
        "CREATE TABLE fresh (a bigint); ALTER TABLE fresh ADD FOREIGN KEY (a) REFERENCES customers",
        "CREATE TABLE fresh (a bigint REFERENCES customers)",
    ),
)
def foreign_key_validated_at_once(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A foreign key on a table in use is checked for every row at once.

    Cost: ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE locks on both tables while it looks up every
    row of the one in the other: every INSERT, UPDATE and DELETE on either waits for as long as that
    takes. One row without a partner fails the upgrade.

    Instead: `op.create_foreign_key_out_of_band(…)`: the deploy adds it for new rows, which holds
    the locks for a moment, and the runbook validates the others, which blocks no write, before
    PostgreSQL 18 partition by partition. Plain Alembic has
    `op.create_foreign_key(…, postgresql_not_valid=True)`, and VALIDATE CONSTRAINT in a later
    revision; before PostgreSQL 18 a partitioned table takes no NOT VALID.

    Allowed when: the revision itself creates the table (foreign-key-to-busy-table speaks of the
    other one), or the key is NOT VALID or NOT ENFORCED.

    Source: PostgreSQL 18, ALTER TABLE, ADD table_constraint and VALIDATE CONSTRAINT.
    """
    for table, key in added_constraints(statement, schema, context):
        if key.kind == "foreign_key" and key.enforced and not key.not_valid:
            yield _violation(table, key, schema, is_whole=is_only_action(statement))


def _violation(
    table: QualifiedName, key: Constraint, schema: Schema, *, is_whole: bool
) -> Violation:
    known = schema.table(table)
    named = shown(table)
    other = shown(key.references) if key.references else "the other table"
    both = f"{named} and {other}" if named != other else str(named)
    name = constraint_name(table, key, schema)
    here, later = create_foreign_key(table, name, key), validate_constraint(table, name)
    step = declare_foreign_key(table, name, key, schema)
    plain = f"create it as NOT VALID, {here}, and in a later revision {later}"
    if known is not None and known.kind == "partitioned":
        plain = (
            "add it to each partition as NOT VALID, validate each in a later revision, then add "
            f"it to {named}, which finds them; from PostgreSQL 18 on {named} takes NOT VALID"
        )
    help_ = f"Declare it, {step}. Without outofband, {plain}" if step else plain
    return Violation(
        f"Adding foreign key {name} holds SHARE ROW EXCLUSIVE locks on {both} while every row of "
        f"{named} is looked up: {LockMode.SHARE_ROW_EXCLUSIVE.blocks} to {both} waits until that "
        "ends.",
        f"{help_[0].upper()}{help_[1:]}",
        costs=(table,),
        fix=Fix(here=(step,)) if is_whole and step else None,
    )
