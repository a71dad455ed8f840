"""money-column."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.declared import declared_columns
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, CreateTable


@statement_rule(
    severity="warning",
    opt_in=True,
    aliases=(
        "money",
        "prefer-numeric-over-money",
        "TP006",
    ),
    failure="values change their currency and precision with lc_monetary",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (price money)",
        'create table app."Fresh" ("Price" MONEY)',
        "ALTER TABLE orders ADD price money",
    ),
    good=(
        "CREATE TABLE fresh (price numeric(12,2))",
        "ALTER TABLE orders ADD money numeric",
    ),
)
def money_column(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is money.

    Cost: the type holds no currency: lc_monetary of the server decides how values are read and
    written, and how many digits they have. A dump restored elsewhere may mean other sums.

    Instead: `sa.Numeric` in `op.add_column`, beside a column for the currency. Plain Alembic has
    the same.

    Allowed when: never in a new table.

    Source: PostgreSQL 18, 8.2, Monetary Types.
    """
    for column in declared_columns(statement, schema, context):
        if column.type.name == "money":
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "is money: lc_monetary decides what its values mean.",
                "Use sa.Numeric(12, 2) and a column for the currency. Without outofband, the same.",
            )
