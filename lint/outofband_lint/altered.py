"""What an ALTER TABLE does to a table that somebody may be using."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import QualifiedName
from outofband_lint.reader.expression import likely_columns
from outofband_lint.schema import Schema
from outofband_lint.schema.default_names import columns_addition, free_name
from outofband_lint.statement import (
    AddColumn,
    AddConstraint,
    AlterTable,
    ColumnDefinition,
    Constraint,
    SetParameter,
)

_UTC = {"utc", "etc/utc", "gmt", "etc/gmt", "0", "z", "zulu", "uct", "universal"}
_LABELS = {"foreign_key": "fkey", "check": "check", "not_null": "not_null"}


def altered(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> QualifiedName | None:
    """Return the full name of the table in use that is altered in the deploy.

    None for a new table, for a foreign one, whose rows are elsewhere, and out of band.
    """
    if context.source.out_of_band:
        return None
    table = schema.table(statement.table)
    if table is not None and table.kind == "foreign":
        return None
    return context.existing(statement.table, schema)


def added_columns(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[tuple[QualifiedName, ColumnDefinition]]:
    """Yield the columns that a table in use gets, each with the table's full name.

    With IF NOT EXISTS, those that it has already are left out.
    """
    adding = [action for action in statement.actions if isinstance(action, AddColumn)]
    name = altered(statement, schema, context) if adding else None
    if name is None:
        return
    table = schema.table(statement.table)
    for action in adding:
        is_there = table is not None and table.column(action.column.name) is not None
        if not (action.if_not_exists and is_there):
            yield name, action.column


def added_constraints(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[tuple[QualifiedName, Constraint]]:
    """Yield the constraints that a table in use gets, each with the table's full name."""
    adding = [action for action in statement.actions if isinstance(action, AddConstraint)]
    name = altered(statement, schema, context) if adding else None
    if name is not None:
        for action in adding:
            yield name, action.constraint


def is_only_action(statement: AlterTable) -> bool:
    """Tell whether a fix of the one action is a fix of the whole statement."""
    return len(statement.actions) == 1


def constraint_name(table: QualifiedName, declared: Constraint, schema: Schema) -> str:
    """Return the constraint's name, or a free one such as Postgres would choose."""
    known = schema.table(table)
    columns = declared.columns or likely_columns(declared.expression or "")
    addition = columns_addition(columns) if declared.columns or len(columns) == 1 else ""

    def is_taken(name: str) -> bool:
        return known is not None and known.constraint(name) is not None

    return declared.name or free_name(table.name, addition, _LABELS[declared.kind], is_taken)


def session_is_utc(context: StatementContext) -> bool | None:
    """Tell whether the revision has set its session's TimeZone to UTC; None where to nothing."""
    zones = [
        sent.statement.value
        for sent in context.earlier
        if isinstance(sent.statement, SetParameter) and sent.statement.name == "timezone"
    ]
    if not zones or zones[-1] is None:
        return None
    return zones[-1].lower() in _UTC
