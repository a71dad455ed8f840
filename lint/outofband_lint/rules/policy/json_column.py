"""json-column."""

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
        "add_column_json",
        "prefer-jsonb-over-json",
        "json",
        "E3",
        "TP008",
    ),
    failure="42883 undefined_function: json has no equality, so DISTINCT and GROUP BY fail",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (data json)",
        'create table app."Fresh" ("Data" JSON)',
        "ALTER TABLE orders ADD data json",
    ),
    good=(
        "CREATE TABLE fresh (data jsonb)",
        "ALTER TABLE orders ADD data jsonb",
    ),
)
def json_column(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is json instead of jsonb.

    Cost: json has no equality: SELECT DISTINCT, GROUP BY and UNION of the whole row fail from the
    moment that the column is there. It is parsed again each time and takes no index.

    Instead: `postgresql.JSONB` in `op.add_column`. Plain Alembic has the same.

    Allowed when: the exact text, with its spaces and repeated keys, has to be kept.

    Source: PostgreSQL 18, 8.14, JSON Types.
    """
    for column in declared_columns(statement, schema, context):
        if column.type.name == "json":
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "is json, which has no equality: SELECT DISTINCT over it fails.",
                "Use postgresql.JSONB. Without outofband, the same.",
            )
