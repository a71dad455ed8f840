"""The foreign keys that a statement declares, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.statement import (
    AddColumn,
    AddConstraint,
    AlterTable,
    ColumnDefinition,
    Constraint,
    CreateTable,
    DataType,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key and the full name of the table that it points to.

    `to_itself` says that this is the table that has the key.
    """

    key: Constraint
    target: QualifiedName
    to_itself: bool


def references(statement: CreateTable | AlterTable, schema: Schema) -> Iterator[Reference]:
    """Yield the foreign keys that a table is created with, or gets."""
    own = schema.table(statement.table)
    for key in _constraints(statement):
        if key.kind == "foreign_key" and key.references is not None:
            found = schema.table(key.references)
            if found is None:
                to_itself = key.references.name == statement.table.name and own is None
                yield Reference(key, key.references, to_itself)
            else:
                yield Reference(key, found.name, own is not None and own.name == found.name)


def _constraints(statement: CreateTable | AlterTable) -> Iterator[Constraint]:
    for column in _columns(statement):
        yield from column.constraints
    if isinstance(statement, CreateTable):
        yield from statement.constraints
    else:
        for action in statement.actions:
            if isinstance(action, AddConstraint):
                yield action.constraint


def _columns(statement: CreateTable | AlterTable) -> tuple[ColumnDefinition, ...]:
    if isinstance(statement, CreateTable):
        return statement.columns
    return tuple(action.column for action in statement.actions if isinstance(action, AddColumn))


def types_of(statement: CreateTable | AlterTable, schema: Schema) -> Mapping[str, DataType]:
    """Return the types of the table's columns as the statement leaves them."""
    table = schema.table(statement.table) if isinstance(statement, AlterTable) else None
    known = {column.name: column.type for column in (table.columns if table else ())}
    return {**known, **{column.name: column.type for column in _columns(statement)}}


def does_nothing(statement: CreateTable | AlterTable, schema: Schema) -> bool:
    """Tell whether a CREATE TABLE IF NOT EXISTS finds its table there."""
    return (
        isinstance(statement, CreateTable)
        and statement.if_not_exists
        and schema.table(statement.table) is not None
    )
