"""nullable-boolean."""

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
        "nullable-boolean-field",
        "boolean-field-should-be-non-nullable",
        "TP017",
    ),
    failure="rows with NULL are neither in WHERE flag nor in WHERE NOT flag",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (done boolean)",
        'create table app."Fresh" ("Done" BOOL default false)',
        "ALTER TABLE orders ADD done boolean NULL",
    ),
    good=(
        "CREATE TABLE fresh (done boolean NOT NULL DEFAULT false)",
        "ALTER TABLE orders ADD done bool DEFAULT false NOT NULL",
        "CREATE TABLE fresh (flags boolean[])",
    ),
)
def nullable_boolean(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A boolean column may be NULL.

    Cost: it has three values: rows with NULL are missing from WHERE flag and from WHERE NOT flag.

    Instead: `nullable=False` with `server_default=sa.false()` in `op.add_column`, which rewrites
    nothing. Plain Alembic has the same.

    Allowed when: NULL means that nobody has said yet.

    Source: PostgreSQL 18, 8.6, Boolean Type; ALTER TABLE, Notes.
    """
    for column in declared_columns(statement, schema, context):
        if column.type.name == "boolean" and not column.not_null and not column.type.array:
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "may be NULL, which is neither true nor false.",
                "Set nullable=False and server_default=sa.false(). Without outofband, the same.",
            )
