"""float-for-money."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.declared import declared_columns
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, CreateTable

_MONEY = re.compile(
    r"(?:^|_)(?:price|amount|cost|total|balance|fee|tax|salary|payment|revenue|cents)s?(?:_|$)"
)


@statement_rule(
    severity="warning",
    opt_in=True,
    aliases=(
        "float",
        "prefer-numeric-over-float",
        "TP011",
    ),
    failure="sums of cents that binary fractions cannot hold differ from the sum of what was paid",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (unit_price float)",
        'create table app."Fresh" ("totalAmount" REAL)',
        "ALTER TABLE orders ADD tax_cents double precision",
    ),
    good=(
        "CREATE TABLE fresh (unit_price numeric(12,2))",
        "ALTER TABLE orders ADD ratio float",
        "CREATE TABLE fresh (priceless_rank float)",
    ),
)
def float_for_money(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column that is named like a sum of money is a binary fraction.

    Cost: 0.1 has no exact binary form: sums drift by cents, and equal sums compare as different.

    Instead: `sa.Numeric` in `op.add_column`. Plain Alembic has the same.

    Allowed when: the column holds a ratio or a measurement.

    Source: PostgreSQL 18, 8.1.3, Floating-Point Types.
    """
    for column in declared_columns(statement, schema, context):
        if column.type.name in ("real", "double precision") and _is_money(column.name):
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "is a binary fraction: sums of money drift by cents.",
                "Use sa.Numeric(12, 2). Without outofband, the same.",
            )


def _is_money(name: str) -> bool:
    return bool(_MONEY.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
