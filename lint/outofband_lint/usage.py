"""Which statements use a label of an enum: as a default, in a row, in a CHECK, by a cast.

Source: PostgreSQL 18, ALTER TYPE, "Notes": a label that its transaction added cannot be used there.
"""

from __future__ import annotations

from outofband_lint.names import QualifiedName
from outofband_lint.reader.tokens import Unreadable, is_name, tokenize
from outofband_lint.schema import Schema
from outofband_lint.statement import (
    AddEnumValue,
    AlterTable,
    Copy,
    CreateDomain,
    CreateIndex,
    CreateMaterializedView,
    CreateTable,
    CreateTableAs,
    CreateView,
    Query,
    Statement,
)

_READERS = (
    AlterTable
    | Copy
    | CreateDomain
    | CreateIndex
    | CreateMaterializedView
    | CreateTable
    | CreateTableAs
    | CreateView
    | Query
)


def uses_label(statement: Statement, added: AddEnumValue, schema: Schema) -> bool:
    """Tell whether a statement makes Postgres read the label as a value of the enum.

    `schema` is the one that the label was added to. A string of that text counts where a table with
    a column of the type, or the type itself, is named beside it; where nobody knows a column of the
    type, any string does.
    """
    if not isinstance(statement, _READERS) or added.value not in statement.sql:
        return False
    try:
        texts = tokenize(statement.sql).texts
    except Unreadable:
        return False
    if f"'{added.value}" not in texts:
        return False
    names = _tables_with(added.type, schema)
    return not names or not _words(texts).isdisjoint(names | {added.type.name})


def _words(texts: list[str]) -> set[str]:
    return {text.removeprefix('"') for text in texts if is_name(text)}


def _tables_with(type_: QualifiedName, schema: Schema) -> set[str]:
    """Return the names of the tables that have a column of the type."""
    return {
        table.name.name
        for table in schema.tables.values()
        for column in table.columns
        if not column.type.builtin and column.type.name == type_.name
    }
