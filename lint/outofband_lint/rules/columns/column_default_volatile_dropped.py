"""column-default-volatile-dropped."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AlterTable, DropDefault
from outofband_lint.volatility import volatile_call


@statement_rule(
    severity="warning",
    opt_in=True,
    aliases=("ban-drop-default",),
    failure="rows that the old release inserts have NULL, or fail with 23502 not_null_violation",
    given="""
        CREATE TABLE orders (
            id uuid DEFAULT gen_random_uuid(), key text DEFAULT md5(random()::text),
            state text DEFAULT 'new', plain int
        );
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("Id" uuid NOT NULL DEFAULT gen_random_uuid())
    """,
    bad=(
        "ALTER TABLE orders ALTER COLUMN id DROP DEFAULT",
        "alter table ORDERS alter KEY drop default",
        'ALTER TABLE app."Orders" ALTER "Id" DROP DEFAULT',
    ),
    good=(
        "ALTER TABLE orders ALTER state DROP DEFAULT",
        "ALTER TABLE orders ALTER plain DROP DEFAULT",
        "CREATE TABLE fresh (a float DEFAULT random()); ALTER TABLE fresh ALTER a DROP DEFAULT",
        Example("ALTER TABLE created_by_hand ALTER a DROP DEFAULT"),
    ),
)
def column_default_volatile_dropped(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A default is dropped that gave each row a value of its own.

    Cost: a generated key or token is what applications leave out of their INSERTs. From the commit
    on, those of the old release store NULL, or fail where the column is NOT NULL.

    Instead: let the new release write the value first, and `op.alter_column(…,
    server_default=None)` in the release after. Plain Alembic has the same two releases.

    Allowed when: the revision itself creates the table, or the default is a constant.

    Source: PostgreSQL 18, ALTER TABLE, SET/DROP DEFAULT.
    """
    dropped = [action.column for action in statement.actions if isinstance(action, DropDefault)]
    name = altered(statement, schema, context) if dropped else None
    table = schema.table(statement.table)
    if name is None or table is None:
        return
    for column in filter(None, map(table.column, dropped)):
        if column.default is not None and volatile_call(column.default) is not None:
            named = shown(name)
            again = execute(
                f"ALTER TABLE {named} ALTER COLUMN {quote(column.name)} "
                f"SET DEFAULT {column.default}"
            )
            yield Violation(
                f"Without its default {column.default}, column {quote(column.name)} of {named} "
                "gets no value from what the old release inserts.",
                f"Keep the default, {again}, until no release relies on it. Without outofband, "
                "the same.",
            )
