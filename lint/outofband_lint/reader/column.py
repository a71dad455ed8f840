"""A column with all that stands with it, in CREATE TABLE and in ALTER TABLE … ADD COLUMN.

Source: PostgreSQL 18, CREATE TABLE (column_constraint).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from outofband_lint.reader.constraint import column_constraint
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.types import SERIALS, data_type
from outofband_lint.statement import ColumnDefinition, Constraint, DataType

_STARTS_COLUMN_CONSTRAINT = (
    "constraint",
    "not",
    "null",
    "check",
    "default",
    "generated",
    "unique",
    "primary",
    "references",
    "collate",
    "deferrable",
    "initially",
    "storage",
    "compression",
    "options",
    "enforced",
    "no",
)


def column_definition(cursor: Cursor) -> ColumnDefinition:
    """Read one column: its name, type and all that stands with it."""
    name = cursor.identifier()
    if cursor.accept("with", "options") or _inherits_type(cursor):
        return _column_constraints(cursor, ColumnDefinition(name, DataType("")))
    word = cursor.text_ahead
    declared = data_type(cursor)
    serial = word in SERIALS
    column = ColumnDefinition(name, declared, not_null=serial, serial=serial)
    return _column_constraints(cursor, column)


def _inherits_type(cursor: Cursor) -> bool:
    """Tell whether a partition's column names no type: it then has the parent's."""
    return cursor.sees_any(*_STARTS_COLUMN_CONSTRAINT) and not cursor.sees_symbol(".", ahead=1)


def _column_constraints(cursor: Cursor, column: ColumnDefinition) -> ColumnDefinition:
    while cursor.sees_any(*_STARTS_COLUMN_CONSTRAINT):
        column = _column_constraint(cursor, column)
    return column


def _column_constraint(cursor: Cursor, column: ColumnDefinition) -> ColumnDefinition:
    name = cursor.identifier() if cursor.accept("constraint") else None
    if name is not None and cursor.sees("not", "null"):
        named = Constraint("not_null", name, (column.name,))
        column = replace(column, constraints=(*column.constraints, named))
    for read in (_nullability, _value, _storage):
        changed = read(cursor, column)
        if changed is not None:
            return changed
    constraint = column_constraint(cursor, column.name, name)
    return replace(column, constraints=(*column.constraints, constraint))


def _nullability(cursor: Cursor, column: ColumnDefinition) -> ColumnDefinition | None:
    if cursor.accept("not", "null"):
        while cursor.accept("no", "inherit") or cursor.accept("not", "valid"):
            pass
        return replace(column, not_null=True)
    return column if cursor.accept("null") else None


def _value(cursor: Cursor, column: ColumnDefinition) -> ColumnDefinition | None:
    if cursor.accept("default"):
        default = cursor.expression(lambda: cursor.sees_any(*_STARTS_COLUMN_CONSTRAINT))
        return replace(column, default=default)
    if not cursor.accept("generated"):
        return None
    if not cursor.accept("always"):
        cursor.expect("by", "default")
    cursor.expect("as")
    if cursor.accept("identity"):
        if cursor.sees_symbol("("):
            cursor.skip_group()
        return replace(column, identity=True, not_null=True)
    expression = cursor.group()
    return replace(column, default=expression, generated=_generated_kind(cursor))


def _generated_kind(cursor: Cursor) -> Literal["stored", "virtual"]:
    if cursor.accept("stored"):
        return "stored"
    cursor.accept("virtual")
    return "virtual"  # the default since PostgreSQL 18; before it STORED had to be written


def _storage(cursor: Cursor, column: ColumnDefinition) -> ColumnDefinition | None:
    if cursor.accept("collate"):
        return replace(column, collation=str(cursor.name()))
    if cursor.accept_any("storage", "compression"):
        cursor.identifier()
    elif cursor.accept("options"):
        cursor.skip_group()
    else:
        return None
    return column
