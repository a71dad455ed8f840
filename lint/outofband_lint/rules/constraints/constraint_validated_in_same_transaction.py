"""constraint-validated-in-same-transaction."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered, is_only_action
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.names import QualifiedName, quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.schema.unknown import full
from outofband_lint.settings import Settings
from outofband_lint.source import Source
from outofband_lint.spelling import shown, validate_constraint
from outofband_lint.statement import AddConstraint, AlterTable, ValidateConstraint

ADD = "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID"
VALIDATE = "ALTER TABLE orders VALIDATE CONSTRAINT positive"
APART = tuple(
    Source(sql, "versions/2_example.py", 8 + number, in_transaction=False)
    for number, sql in enumerate((ADD, VALIDATE))
)


@statement_rule(
    aliases=(
        "validate_constraint",
        "validate_foreign_key",
        "validate_check_constraint",
        "not-valid-validate-same-tx",
        "E4",
    ),
    failure="the lock of ADD CONSTRAINT is held for the whole scan of VALIDATE CONSTRAINT",
    given="""
        CREATE TABLE customers (id bigint PRIMARY KEY);
        CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total int, note text);
        ALTER TABLE orders ADD CONSTRAINT noted CHECK (note <> '') NOT VALID;
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("Total" int)
    """,
    bad=(
        f"{ADD}; {VALIDATE}",
        "alter table ORDERS add constraint FK foreign key (customer_id) references customers "
        "not valid; alter table public.orders validate constraint fk",
        'ALTER TABLE app."Orders" ADD CONSTRAINT "C" CHECK ("Total" > 0) NOT VALID; '
        'ALTER TABLE app."Orders" VALIDATE CONSTRAINT "C"',
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID, VALIDATE CONSTRAINT c",
        "ALTER TABLE orders ADD CHECK (total > 0) NOT VALID; "
        "ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check",
        f"{ADD}; UPDATE orders SET total = 1 WHERE total IS NULL; {VALIDATE}",
        "ALTER TABLE created_by_hand ADD CONSTRAINT c CHECK (a > 0) NOT VALID; "
        "ALTER TABLE created_by_hand VALIDATE CONSTRAINT c",
        Example(f"{ADD}; {VALIDATE}", settings=Settings(small=("orders",))),
    ),
    good=(
        "ALTER TABLE orders VALIDATE CONSTRAINT noted",
        Example(sources=APART),
        f"{ADD}; COMMIT; {VALIDATE}",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD CONSTRAINT c CHECK (a > 0) NOT VALID; "
        "ALTER TABLE fresh VALIDATE CONSTRAINT c",
        f"{ADD}; ALTER TABLE orders VALIDATE CONSTRAINT noted",
        "ALTER TABLE orders RENAME TO old; ALTER TABLE old VALIDATE CONSTRAINT noted",
    ),
)
def constraint_validated_in_same_transaction(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A constraint is added NOT VALID and validated in the same transaction.

    Cost: ADD CONSTRAINT takes ACCESS EXCLUSIVE for a CHECK, SHARE ROW EXCLUSIVE on both tables for
    a foreign key, and a lock is held until its transaction ends: through the whole scan of VALIDATE
    CONSTRAINT, which alone would block nobody. Nothing is won by NOT VALID.

    Instead: `op.create_check_constraint(…, postgresql_not_valid=True)` here and
    `op.execute("ALTER TABLE … VALIDATE CONSTRAINT …")` in a later revision, deployed after it or
    with `transaction_per_migration=True`. Plain Alembic has the same operations.

    Allowed when: the revision itself creates the table, or a transaction ends in between.

    Source: PostgreSQL 18, ALTER TABLE, Notes; 13.3, Explicit Locking.
    """
    validated = [a.name for a in statement.actions if isinstance(a, ValidateConstraint)]
    table = altered(statement, schema, context) if validated else None
    if table is None:
        return
    for name in validated:
        if name in _added(table, statement, schema, context):
            named = shown(table)
            later = validate_constraint(table, name)
            yield Violation(
                f"Constraint {quote(name)} of {named} is validated in the transaction that adds "
                f"it: the lock that adding took on {named} is held while every row is read.",
                f"Validate it in a revision of its own, {later}. Without outofband, the same, "
                "with transaction_per_migration=True in env.py.",
                costs=(table,),
                fix=Fix(here=(), later=(later,)) if is_only_action(statement) else None,
            )


def _added(
    table: QualifiedName, statement: AlterTable, schema: Schema, context: StatementContext
) -> set[str]:
    """Return the names that this transaction has given to constraints of the table."""
    here = {a.constraint.name or "" for a in statement.actions if isinstance(a, AddConstraint)}
    if not context.transaction:
        return here
    before = context.transaction[0].before
    now = schema.tables.get(table)
    if now is None:
        unknown = full(table)
        old, new = before.constraints.get(unknown, ()), schema.constraints.get(unknown, ())
    else:
        then = _then(now, before)
        old, new = () if then is None else then.constraints, now.constraints
    return here | {c.name for c in new} - {c.name for c in old}


def _then(table: Table, before: Schema) -> Table | None:
    """Return what a table was before, also under another name."""
    same_name = before.tables.get(table.name)
    if same_name is not None:
        return same_name
    identity = (table.created_as, table.revision)
    others = (t for t in before.tables.values() if (t.created_as, t.revision) == identity)
    return next(others, None)
