"""column-type-revalidated."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered, session_is_utc
from outofband_lint.context import StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Column, Index, Schema, Table
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterColumnType, AlterTable
from outofband_lint.type_change import TypeChange, type_change


@statement_rule(
    severity="warning",
    aliases=("changing-column-type", "wrongly-typed-required-column"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    given="""
        CREATE TABLE orders (
            id bigint PRIMARY KEY, code varchar(20), note varchar(20), kind varchar(20),
            name varchar(20), at timestamp, plain varchar(20), doubtful varchar(20),
            CONSTRAINT code_set CHECK (code <> '')
        );
        ALTER TABLE orders ADD CONSTRAINT doubtful_set CHECK (doubtful <> '') NOT VALID;
        CREATE INDEX ix_orders_note ON orders (lower(note));
        CREATE INDEX ix_orders_kind ON orders (id) WHERE kind = 'open';
        CREATE INDEX ix_orders_name ON orders (name);
        CREATE INDEX ix_orders_at ON orders (at);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("Code" varchar(20) CHECK ("Code" <> ''))
    """,
    bad=(
        "ALTER TABLE orders ALTER COLUMN code TYPE varchar(40)",
        "alter table ORDERS alter NOTE set data type text",
        'ALTER TABLE app."Orders" ALTER "Code" TYPE text',
        "ALTER TABLE orders ALTER kind TYPE text USING kind::text",
        'ALTER TABLE orders ALTER name TYPE varchar(20) COLLATE "C"',
        "SET timezone TO 'UTC'; ALTER TABLE orders ALTER at TYPE timestamptz",
    ),
    good=(
        "ALTER TABLE orders ALTER name TYPE text",
        "ALTER TABLE orders ALTER plain TYPE text",
        "ALTER TABLE orders ALTER doubtful TYPE text",
        "CREATE TABLE fresh (a varchar(3) CHECK (a <> '')); ALTER TABLE fresh ALTER a TYPE text",
        "ALTER TABLE orders ALTER id TYPE int",
        "ALTER TABLE created_by_hand ALTER a TYPE text",
    ),
)
def column_type_revalidated(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A change of type keeps the rows, but an index or a CHECK of the column is made again.

    Cost: what mentions the column is dropped and made again: an index with an expression or a
    predicate is built, one with another operator class or collation too, and a CHECK reads the
    whole table, all under an ACCESS EXCLUSIVE lock. Every query waits for as long as that takes.

    Instead: drop the CHECK before and `op.create_check_constraint(…, postgresql_not_valid=True)`
    after the change, and validate it in a later revision; `op.drop_index_out_of_band` and
    `op.create_index_out_of_band` around it for an index. In plain Alembic, both with
    `postgresql_concurrently=True`.

    Allowed when: the revision itself creates the table, or only plain indexes are on the column and
    stay as they are.

    Source: PostgreSQL 18, ALTER TABLE, Notes; ATPostAlterTypeCleanup (tablecmds.c).
    """
    changes = [action for action in statement.actions if isinstance(action, AlterColumnType)]
    name = altered(statement, schema, context) if changes else None
    table = schema.table(statement.table)
    if name is None or table is None:
        return
    for action in changes:
        column = table.column(action.column)
        made_again = [] if column is None else _made_again(table, column, action, schema, context)
        if made_again:
            named = shown(name)
            yield Violation(
                f"Changing column {quote(action.column)} of {named} to {action.type} keeps the "
                f"rows, but makes {' and '.join(made_again)} again under an ACCESS EXCLUSIVE lock: "
                f"{LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits until that ends.",
                "Drop these first and create them again afterwards: a CHECK with "
                "postgresql_not_valid=True and VALIDATE CONSTRAINT in a later revision, an index "
                "with op.create_index_out_of_band. Without outofband, the index with "
                "postgresql_concurrently=True.",
                costs=(name,),
            )


def _made_again(
    table: Table,
    column: Column,
    action: AlterColumnType,
    schema: Schema,
    context: StatementContext,
) -> list[str]:
    """Return what is built or checked again; nothing where the whole table is."""
    change = type_change(column.type, action, schema)
    if change is TypeChange.REWRITE:
        change = type_change(column.type, action, schema, utc=True)
        if change is TypeChange.REWRITE or not session_is_utc(context):
            return []
    is_reordered = change is TypeChange.INDEXES or column.collation != action.collation
    indexes = [i for i in table.indexes if _is_rebuilt(i, column.name, is_reordered=is_reordered)]
    checks = [
        constraint
        for constraint in table.constraints
        if constraint.kind == "check" and constraint.validated and column.name in constraint.columns
    ]
    return [f"index {quote(i.name)}" for i in indexes] + [f"CHECK {quote(c.name)}" for c in checks]


def _is_rebuilt(index: Index, column: str, *, is_reordered: bool) -> bool:
    """Tell whether an index cannot be kept: one that is more than columns never is."""
    if column not in index.columns or index.out_of_band:
        return False
    is_plain = index.where is None and all(key.column is not None for key in index.keys)
    return is_reordered or not is_plain
