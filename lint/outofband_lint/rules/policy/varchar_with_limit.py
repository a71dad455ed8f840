"""varchar-with-limit."""

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
        "prefer-text-field",
        "varchar",
        "prefer-text-over-varchar",
        "TP005",
    ),
    failure="a shorter limit rewrites the table; a longer one needs an ACCESS EXCLUSIVE lock",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (code varchar(10))",
        'create table app."Fresh" ("Code" CHARACTER VARYING (5))',
        "ALTER TABLE orders ADD code varchar(20)[]",
    ),
    good=(
        "CREATE TABLE fresh (code text, name varchar)",
        "ALTER TABLE orders ADD code text",
    ),
)
def varchar_with_limit(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is varchar with a limit.

    Cost: every change of the limit needs an ACCESS EXCLUSIVE lock, a shorter one a rewrite too. The
    limit buys neither space nor speed.

    Instead: `sa.Text` in `op.add_column`, and a CHECK of the length, which is added NOT VALID and
    validated without a lock. Plain Alembic has the same.

    Allowed when: the limit is part of a contract that never changes.

    Source: PostgreSQL 18, 8.3, Character Types.
    """
    for column in declared_columns(statement, schema, context):
        if column.type.name == "character varying" and column.type.modifiers:
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "has a limit that cannot change without an ACCESS EXCLUSIVE lock.",
                "Use sa.Text and a CHECK of the length. Without outofband, the same.",
            )
