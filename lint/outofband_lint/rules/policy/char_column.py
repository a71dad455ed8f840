"""char-column."""

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
        "ban-char-field",
        "char",
        "prefer-text-over-char",
        "TP004",
    ),
    failure="values are padded with blanks, which comparisons ignore and length() does not count",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (code char(10))",
        'create table app."Fresh" ("Code" CHARACTER)',
        "ALTER TABLE orders ADD code bpchar",
    ),
    good=(
        'CREATE TABLE fresh (code text, kind "char")',
        "ALTER TABLE orders ADD code varchar(10)",
    ),
)
def char_column(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is char(n).

    Cost: Postgres pads every value with blanks and takes them off again where it is compared or
    cast; it is no faster than text, and another length rewrites the table.

    Instead: `sa.Text`, with a CHECK of the length, in `op.add_column` or `op.create_table`. Plain
    Alembic has the same.

    Allowed when: a format outside asks for the blanks.

    Source: PostgreSQL 18, 8.3, Character Types.
    """
    for column in declared_columns(statement, schema, context):
        if column.type.name in ("character", "bpchar"):
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "is padded with blanks, and another length rewrites the table.",
                "Use sa.Text and a CHECK of the length. Without outofband, the same.",
            )
