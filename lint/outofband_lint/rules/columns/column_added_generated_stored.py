"""column-added-generated-stored."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import added_columns, altered
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AlterTable, SetExpression


@statement_rule(
    aliases=(
        "adding-field-with-default",
        "add_column_generated_stored",
        "adding-stored-generated-column",
        "E11",
        "US006",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    given="""
        CREATE TABLE orders (
            id bigint PRIMARY KEY,
            net int,
            gross int GENERATED ALWAYS AS (net * 2) STORED
        );
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "netTotal" int)
    """,
    bad=(
        "ALTER TABLE orders ADD COLUMN twice int GENERATED ALWAYS AS (net * 2) STORED",
        "alter table ORDERS add twice int not null generated always as (id + 1) stored",
        'ALTER TABLE app."Orders" ADD "Twice" int GENERATED ALWAYS AS ("netTotal" * 2) STORED',
        "ALTER TABLE orders ADD a int, ADD b int GENERATED ALWAYS AS (net) STORED",
        "ALTER TABLE orders ALTER COLUMN gross SET EXPRESSION AS (net * 3)",
        Example(
            "ALTER TABLE created_by_hand ADD b int GENERATED ALWAYS AS (a) STORED", measured=False
        ),
    ),
    good=(
        "ALTER TABLE orders ADD COLUMN twice int GENERATED ALWAYS AS (net * 2) VIRTUAL",
        "ALTER TABLE orders ADD COLUMN twice int GENERATED ALWAYS AS (net * 2)",
        "ALTER TABLE orders ADD twice int DEFAULT 2",
        "ALTER TABLE orders ALTER gross DROP EXPRESSION",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD b int GENERATED ALWAYS AS (a) STORED",
        "ALTER TABLE orders ADD IF NOT EXISTS net int GENERATED ALWAYS AS (id) STORED",
    ),
)
def column_added_generated_stored(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A stored generated column is added to a table in use, or given another expression.

    Cost: Postgres computes the value of every row at once: it rewrites the table and all its
    indexes under an ACCESS EXCLUSIVE lock. Every query waits for as long as that takes.

    Instead: from PostgreSQL 18 on, make it VIRTUAL (`sa.Computed(…, persisted=False)` in
    `op.add_column`), which costs nothing. Otherwise a plain column, kept by a trigger and
    backfilled in batches outside of the deploy. Plain Alembic has the same operations.

    Allowed when: the revision itself creates the table, or the column is virtual.

    Source: PostgreSQL 18, ALTER TABLE, Notes, and SET EXPRESSION (17); 5.4, Generated Columns.
    """
    for table, column in added_columns(statement, schema, context):
        if column.generated == "stored":
            yield _violation(table, f"Adding the stored generated column {quote(column.name)} to")
    for name in _given_expressions(statement, schema):
        table_in_use = altered(statement, schema, context)
        if table_in_use is not None:
            yield _violation(
                table_in_use, f"Another expression for the stored column {quote(name)} of"
            )


def _given_expressions(statement: AlterTable, schema: Schema) -> Iterator[str]:
    """Yield the stored columns that get another expression; unknown ones may be stored."""
    table = schema.table(statement.table)
    for action in statement.actions:
        if isinstance(action, SetExpression):
            column = None if table is None else table.column(action.column)
            if column is None or column.generated != "virtual":
                yield action.column


def _violation(table: QualifiedName, deed: str) -> Violation:
    named = shown(table)
    plain = execute(f"ALTER TABLE {named} ADD COLUMN … GENERATED ALWAYS AS (…) VIRTUAL")
    return Violation(
        f"{deed} {named} rewrites the table under an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits until every row and index is "
        "written again.",
        f"Make it VIRTUAL from PostgreSQL 18 on, {plain}, or add a plain column, keep it with a "
        "trigger and fill it in batches outside of the deploy. Without outofband, the same.",
        costs=(table,),
    )
