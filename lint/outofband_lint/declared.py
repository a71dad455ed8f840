"""The columns that a statement declares, in new tables and in those that are there."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.schema import Schema
from outofband_lint.statement import AddColumn, AlterTable, ColumnDefinition, CreateTable


def declared_columns(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[ColumnDefinition]:
    """Yield the columns that a permanent table is created with, or gets.

    What IF NOT EXISTS finds there is left out.
    """
    table = schema.table(statement.table)
    if context.source.out_of_band or (table is not None and table.temporary):
        return
    if isinstance(statement, CreateTable):
        if not statement.temporary and not (statement.if_not_exists and table is not None):
            yield from statement.columns
        return
    for action in statement.actions:
        if isinstance(action, AddColumn):
            is_there = table is not None and table.column(action.column.name) is not None
            if not (action.if_not_exists and is_there):
                yield action.column


def is_primary_key(column: ColumnDefinition, statement: CreateTable | AlterTable) -> bool:
    """Tell whether the column alone is the primary key that the statement declares."""
    declared = column.constraints
    if isinstance(statement, CreateTable):
        declared = (*declared, *statement.constraints)
    return any(c.kind == "primary_key" and c.columns == (column.name,) for c in declared)
