"""column-renamed."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AddColumn, AlterTable, RenameColumn


@statement_rule(
    aliases=("renaming-column", "rename_column", "column-rename", "BC102", "US003"),
    failure="42703 undefined_column: each release asks for its own name, and one of them fails",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY, note text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "oldNote" text);
        CREATE TABLE log (id bigint, line text) PARTITION BY RANGE (id)
    """,
    bad=(
        "ALTER TABLE orders RENAME COLUMN note TO remark",
        "alter table ORDERS rename NOTE to remark",
        'ALTER TABLE app."Orders" RENAME COLUMN "oldNote" TO note',
        "ALTER TABLE log RENAME line TO text",
        "ALTER TABLE created_by_hand RENAME COLUMN a TO b",
        Example("ALTER TABLE orders RENAME note TO remark", autocommit=True),
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh RENAME a TO b",
        "ALTER TABLE orders ADD tried int; ALTER TABLE orders RENAME tried TO kept",
        Example(
            "ALTER TABLE created_by_hand ADD a int; ALTER TABLE created_by_hand RENAME a TO b",
            measured=False,
        ),
        "ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO pk_orders",
    ),
)
def column_renamed(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column of a table in use is renamed.

    Cost: from the moment of the commit, every query of the running release that names the column
    fails with "column … does not exist"; before it, every query of the new one does. No order of
    deploy and migration avoids it.

    Instead: keep the name in the database and give the attribute another one in the model
    (`note = mapped_column("old_note")`); or `op.add_column` the new one, write both, backfill
    outside of the deploy, read the new one, and drop the old one releases later. Plain Alembic has
    the same steps.

    Allowed when: the revision itself creates the table or the column.

    Source: PostgreSQL 18, ALTER TABLE, RENAME.
    """
    renamed = [action for action in statement.actions if isinstance(action, RenameColumn)]
    name = altered(statement, schema, context) if renamed else None
    if name is None:
        return
    table = schema.table(statement.table)
    for action in renamed:
        column = None if table is None else table.column(action.column)
        if column is not None and not context.is_deployed(column.revision):
            continue
        if table is None and _was_added(statement, action.column, context):
            continue
        named, old, new = shown(name), quote(action.column), quote(action.new_name)
        added = execute(f"ALTER TABLE {named} ADD COLUMN {new} …")
        yield Violation(
            f"Renaming column {old} of {named} to {new} breaks every query of the running release "
            "that names it, at once.",
            f"Keep {old} in the database and map {new} to it in the model, or add the new column, "
            f"{added}, write both, fill it outside of the deploy, and drop {old} releases later. "
            "Without outofband, the same.",
        )


def _was_added(statement: AlterTable, column: str, context: StatementContext) -> bool:
    """Tell whether the revision has added the column to a table that nobody here created."""
    return any(
        isinstance(action, AddColumn) and action.column.name == column
        for sent in context.earlier
        if isinstance(sent.statement, AlterTable) and sent.statement.table == statement.table
        for action in sent.statement.actions
    )
