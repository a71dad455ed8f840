"""constraint-enforced-at-once."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered
from outofband_lint.context import StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterConstraint, AlterTable


@statement_rule(
    aliases=("alter-constraint-enforced", "ban-new-write-restriction"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    since=18,
    given="""
        CREATE TABLE customers (id bigint PRIMARY KEY);
        CREATE TABLE orders (
            id bigint PRIMARY KEY, customer_id bigint,
            CONSTRAINT k FOREIGN KEY (customer_id) REFERENCES customers NOT ENFORCED
        );
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (
            "customerId" bigint CONSTRAINT "K" REFERENCES customers NOT ENFORCED
        )
    """,
    bad=(
        "ALTER TABLE orders ALTER CONSTRAINT k ENFORCED",
        'alter table app."Orders" alter constraint "K" enforced',
        "ALTER TABLE public.ORDERS ADD COLUMN a int, ALTER CONSTRAINT k ENFORCED",
    ),
    good=(
        "ALTER TABLE orders ALTER CONSTRAINT k NOT ENFORCED",
        "ALTER TABLE orders DROP CONSTRAINT k, ADD CONSTRAINT k "
        "FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
        "CREATE TABLE f (a bigint CONSTRAINT k REFERENCES customers NOT ENFORCED); "
        "ALTER TABLE f ALTER CONSTRAINT k ENFORCED",
    ),
)
def constraint_enforced_at_once(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A foreign key that was not enforced is enforced, and checked for every row at once.

    Cost: ALTER CONSTRAINT … ENFORCED looks up every row of the table in the other one under an
    ACCESS EXCLUSIVE lock on the table, and a SHARE ROW EXCLUSIVE lock on the other: every read and
    write waits for as long as that takes. One row without a partner fails the upgrade.

    Instead: `op.drop_constraint(…)` and `op.create_foreign_key(…, postgresql_not_valid=True)` in
    one revision, and VALIDATE CONSTRAINT in a later one. Plain Alembic has the same operations.

    Allowed when: the revision itself creates the table.

    Source: PostgreSQL 18, ALTER TABLE, ALTER CONSTRAINT; measured on 18.
    """
    enforced = [a for a in statement.actions if isinstance(a, AlterConstraint) and a.enforced]
    table = altered(statement, schema, context) if enforced else None
    if table is None:
        return
    for action in enforced:
        yield Violation(
            f"Enforcing {quote(action.name)} looks up every row of {shown(table)} under an ACCESS "
            f"EXCLUSIVE lock: {LockMode.ACCESS_EXCLUSIVE.blocks} to {shown(table)} waits until "
            "that ends.",
            f"Drop {quote(action.name)}, create it as NOT VALID in the same revision, and validate "
            "it in a later one. Without outofband, the same.",
            costs=(table,),
        )
