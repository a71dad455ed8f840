"""smallint-primary-key."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.declared import declared_columns, is_primary_key
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, CreateTable


@statement_rule(
    severity="warning",
    opt_in=True,
    aliases=(
        "prefer-bigint-over-smallint",
        "smallint",
        "TP010",
    ),
    failure="22003 numeric_value_out_of_range: INSERTs fail after 32,767 rows",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (id smallserial PRIMARY KEY)",
        'create table app."Fresh" ("Id" INT2, primary key ("Id"))',
        "ALTER TABLE orders ADD number smallint PRIMARY KEY",
    ),
    good=(
        "CREATE TABLE fresh (id bigint PRIMARY KEY)",
        "CREATE TABLE fresh (id int PRIMARY KEY, n smallint)",
    ),
)
def smallint_primary_key(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A primary key is an integer of two bytes.

    Cost: the key ends at 32,767, counting rolled back and deleted rows; then every INSERT fails.

    Instead: `sa.BigInteger` in `op.create_table`. Plain Alembic has the same.

    Allowed when: the table is a short list that is written by hand: switch it off there.

    Source: PostgreSQL 18, 8.1.1, Integer Types.
    """
    for column in declared_columns(statement, schema, context):
        if (
            column.type.name == "smallint"
            and not column.type.array
            and is_primary_key(column, statement)
        ):
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "is a primary key of two bytes: INSERTs fail after 32,767.",
                "Use sa.BigInteger, as long as the table is new. Without outofband, the same.",
            )
