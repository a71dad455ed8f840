"""The statements within a CREATE SCHEMA.

Source: PostgreSQL 18, CREATE SCHEMA.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.namespace import create_schema
from outofband_lint.reader.tokens import Tokens
from outofband_lint.statement import (
    CreateIndex,
    CreateSchema,
    CreateTable,
    CreateTrigger,
    CreateView,
    Statement,
)

Read = Callable[[Tokens], list[Statement]]


def schema_with_elements(cursor: Cursor, read: Read) -> list[Statement]:
    """Read CREATE SCHEMA, followed by the statements in it."""
    schema = create_schema(cursor)
    starts = [*_starts(cursor), len(cursor.tokens.texts)]
    if starts[0] != cursor.position:
        cursor.expect_end()
    elements = (
        statement
        for start, end in pairwise(starts)
        for statement in read(cursor.tokens.part(start, end))
    )
    return [schema, *(_within(schema, element) for element in elements)]


def _starts(cursor: Cursor) -> Iterator[int]:
    """Yield where each element starts: CREATE and GRANT outside parentheses are no other words."""
    depth = 0
    texts = cursor.texts
    for index in range(cursor.position, len(texts)):
        depth += (texts[index] == "(") - (texts[index] == ")")
        if depth == 0 and texts[index] in ("create", "grant") and texts[index - 1] != "with":
            yield index


def _within(schema: CreateSchema, element: Statement) -> Statement:
    """Put the name that an element creates into the schema, where it names none."""
    match element:
        case CreateTable(table=name) | CreateIndex(table=name) | CreateTrigger(table=name):
            return replace(element, table=_qualified(name, schema))
        case CreateView(view=name):
            return replace(element, view=_qualified(name, schema))
    return element


def _qualified(name: QualifiedName, schema: CreateSchema) -> QualifiedName:
    return QualifiedName(name.name, name.schema or schema.name)
