"""constraint-dropped."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.proof import proved_not_null
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table, TableConstraint
from outofband_lint.schema.unknown import full
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, DropConstraint

_KINDS = {
    "primary_key": "primary key",
    "unique": "unique constraint",
    "exclude": "exclusion constraint",
    "check": "CHECK",
    "not_null": "NOT NULL constraint",
}


@statement_rule(
    severity="warning",
    aliases=("remove-constraint", "ban-drop-constraint", "CD101", "CT004"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    given="""
        CREATE TABLE customers (id bigint PRIMARY KEY);
        CREATE TABLE orders (
            id bigint PRIMARY KEY, code text CONSTRAINT orders_code UNIQUE, total int NOT NULL,
            customer_id bigint CONSTRAINT fk REFERENCES customers,
            CONSTRAINT positive CHECK (total > 0),
            CONSTRAINT total_set CHECK (total IS NOT NULL)
        );
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("Total" int CONSTRAINT "Positive" CHECK ("Total" > 0))
    """,
    bad=(
        "ALTER TABLE orders DROP CONSTRAINT fk",
        "alter table ORDERS drop constraint if exists POSITIVE",
        'ALTER TABLE app."Orders" DROP CONSTRAINT "Positive"',
        "ALTER TABLE orders DROP CONSTRAINT orders_code CASCADE",
        "ALTER TABLE orders DROP CONSTRAINT orders_pkey",
        Example("ALTER TABLE created_by_hand DROP CONSTRAINT c", measured=False),
        Example("ALTER TABLE orders DROP CONSTRAINT fk", settings=Settings(small=("orders",))),
    ),
    good=(
        Example("ALTER TABLE orders DROP CONSTRAINT total_set", measured=False),
        Example("ALTER TABLE orders DROP CONSTRAINT IF EXISTS never_there", measured=False),
        Example(
            "ALTER TABLE by_hand ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; "
            "ALTER TABLE by_hand DROP CONSTRAINT c",
            measured=False,
        ),
        "CREATE TABLE fresh (a int CONSTRAINT c UNIQUE); ALTER TABLE fresh DROP CONSTRAINT c",
        Example(
            "ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID; "
            "ALTER TABLE orders DROP CONSTRAINT c",
            measured=False,
        ),
    ),
)
def constraint_dropped(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A constraint of a table in use is dropped.

    Cost: from the commit on, rows come in that it would have refused, and it can come back only
    once they are gone. DROP CONSTRAINT takes an ACCESS EXCLUSIVE lock, for a foreign key on both
    tables: it waits for every running query on either, and all later ones queue behind it.

    Instead: keep it until the release that no longer relies on it is out, and then
    `op.drop_constraint` alone in a revision, under a short lock_timeout. Plain Alembic has the same
    operation. What makes place for another constraint comes after that one is validated.

    Allowed when: the revision itself creates the table or the constraint, or it is a CHECK that
    says no more than the NOT NULL of its column.

    Source: PostgreSQL 18, ALTER TABLE, DROP CONSTRAINT.
    """
    dropped = [action for action in statement.actions if isinstance(action, DropConstraint)]
    name = altered(statement, schema, context) if dropped else None
    if name is None:
        return
    table = schema.table(statement.table)
    for action in dropped:
        if table is None:
            harmless = _proves_not_null(statement.table, action.name, schema)
        else:
            harmless = _is_harmless(table, action, context)
        if not harmless:
            yield _violation(name, action.name, table.constraint(action.name) if table else None)


def _is_harmless(table: Table, action: DropConstraint, context: StatementContext) -> bool:
    """Tell whether nobody relies on the constraint: it is new, repeated, or not there."""
    constraint = table.constraint(action.name)
    if constraint is None:
        return action.if_exists and table.columns_known
    return not context.is_deployed(constraint.revision) or _is_repeated(table, constraint)


def _proves_not_null(table: QualifiedName, name: str, schema: Schema) -> bool:
    """Tell whether a CHECK of a table that nobody created says only that columns are not NULL."""
    return any(
        check.name == name
        and check.kind == "check"
        and proved_not_null(check.expression or "") == set(check.columns)
        for check in schema.constraints.get(full(table), ())
    )


def _is_repeated(table: Table, constraint: TableConstraint) -> bool:
    """Tell whether a CHECK says only that a NOT NULL column is not NULL."""
    proved = proved_not_null(constraint.expression or "")
    return (
        constraint.kind == "check"
        and proved == set(constraint.columns)
        and all(column.not_null for column in table.columns if column.name in proved)
    )


def _violation(table: QualifiedName, name: str, constraint: TableConstraint | None) -> Violation:
    tables = str(shown(table))
    kind = "constraint"
    if constraint is not None:
        kind = _KINDS.get(constraint.kind, "foreign key")
        if constraint.references not in (None, table):
            tables += f" and {shown(constraint.references or table)}"
    return Violation(
        f"Dropping {kind} {quote(name)} takes an ACCESS EXCLUSIVE lock on {tables}: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits behind it until the transaction ends, and what "
        "it refused may come in.",
        f"Keep {quote(name)} until no release relies on it, then drop it alone in a revision, "
        "under a short lock_timeout. Without outofband, the same.",
    )
