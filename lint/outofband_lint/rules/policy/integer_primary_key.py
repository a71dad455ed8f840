"""integer-primary-key."""

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
        "prefer-bigint-over-int",
        "prefer-big-int",
        "integer",
        "TP009",
        "short_primary_key_type",
    ),
    failure="22003 numeric_value_out_of_range: INSERTs fail after 2,147,483,647 rows",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (id serial PRIMARY KEY)",
        'create table app."Fresh" ("Id" INT4, primary key ("Id"))',
        "ALTER TABLE orders ADD number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    ),
    good=(
        "CREATE TABLE fresh (id bigserial PRIMARY KEY)",
        "CREATE TABLE fresh (id uuid PRIMARY KEY, n int)",
        "CREATE TABLE fresh (a int, b int, PRIMARY KEY (a, b))",
        "CREATE TEMP TABLE fresh (id int PRIMARY KEY)",
    ),
)
def integer_primary_key(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A primary key is an integer of four bytes.

    Cost: the key ends at 2,147,483,647, counting rolled back and deleted rows; then every INSERT
    fails, and the change to bigint rewrites a table that is large by then, and all around it.

    Instead: `sa.BigInteger` in `op.create_table`. Plain Alembic has the same.

    Allowed when: the key is of several columns, or the table can never grow: switch it off there.

    Source: PostgreSQL 18, 8.1.1, Integer Types.
    """
    for column in declared_columns(statement, schema, context):
        if (
            column.type.name == "integer"
            and not column.type.array
            and is_primary_key(column, statement)
        ):
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "is a primary key of four bytes: INSERTs fail after 2,147,483,647.",
                "Use sa.BigInteger, as long as the table is new. Without outofband, the same.",
            )
