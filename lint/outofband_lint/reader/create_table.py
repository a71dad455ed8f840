"""CREATE TABLE in all its forms, and the columns that ALTER TABLE adds.

Source: PostgreSQL 18, CREATE TABLE, CREATE FOREIGN TABLE, CREATE TABLE AS.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from outofband_lint.reader.column import column_definition
from outofband_lint.reader.constraint import starts_table_constraint, table_constraint
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.statement import (
    ColumnDefinition,
    Constraint,
    CreateTable,
    CreateTableAs,
    Like,
    Statement,
)

_LIKE_OPTIONS = {
    "comments",
    "compression",
    "constraints",
    "defaults",
    "generated",
    "identity",
    "indexes",
    "statistics",
    "storage",
}


@dataclass(slots=True)
class _Elements:
    """What stands between the parentheses of CREATE TABLE."""

    columns: list[ColumnDefinition] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    likes: list[Like] = field(default_factory=list)


def create_table(cursor: Cursor) -> Statement:
    """Read CREATE [TEMPORARY | UNLOGGED | FOREIGN] TABLE."""
    cursor.expect("create")
    scope = cursor.accept_any("global", "local")
    temporary = cursor.accept_any("temp", "temporary") is not None
    if scope and not temporary:
        cursor.fail("TEMPORARY")
    unlogged = cursor.accept("unlogged")
    foreign = cursor.accept("foreign")
    cursor.expect("table")
    if_not_exists = cursor.accept("if", "not", "exists")
    table = cursor.name()
    if _is_query_result(cursor):
        cursor.skip_rest()
        return CreateTableAs(
            table, temporary=temporary, if_not_exists=if_not_exists, unlogged=unlogged
        )
    statement = CreateTable(
        table,
        temporary=temporary,
        unlogged=unlogged,
        foreign=foreign,
        if_not_exists=if_not_exists,
    )
    return _tail(cursor, _definition(cursor, statement))


def _is_query_result(cursor: Cursor) -> bool:
    """Tell whether AS stands outside all parentheses."""
    start = cursor.position
    while not cursor.at_end() and not cursor.sees("as"):
        cursor.skip_one()
    found = not cursor.at_end()
    cursor.position = start
    return found


def _definition(cursor: Cursor, statement: CreateTable) -> CreateTable:
    if cursor.accept("partition", "of"):
        parent = cursor.name()
        elements = _elements(cursor) if cursor.sees_symbol("(") else _Elements()
        is_default = not partition_bound(cursor)
        statement = replace(statement, partition_of=parent, is_default=is_default)
    elif cursor.accept("of"):
        statement = replace(statement, of_type=cursor.name())
        elements = _elements(cursor) if cursor.sees_symbol("(") else _Elements()
    else:
        elements = _elements(cursor)
        if any(not column.type.name for column in elements.columns):
            raise Unreadable("a column has no type")
    return replace(
        statement,
        columns=tuple(elements.columns),
        constraints=tuple(elements.constraints),
        likes=tuple(elements.likes),
    )


def _elements(cursor: Cursor) -> _Elements:
    elements = _Elements()
    cursor.expect_symbol("(")
    if not cursor.accept_symbol(")"):
        cursor.listed(lambda: _element(cursor, elements))
        cursor.expect_symbol(")")
    return elements


def _element(cursor: Cursor, elements: _Elements) -> None:
    if cursor.accept("like"):
        elements.likes.append(_like(cursor))
    elif starts_table_constraint(cursor):
        elements.constraints.append(table_constraint(cursor))
    else:
        elements.columns.append(column_definition(cursor))


def _like(cursor: Cursor) -> Like:
    source = cursor.name()
    including: set[str] = set()
    while word := cursor.accept_any("including", "excluding"):
        option = cursor.identifier()
        options = _LIKE_OPTIONS if option == "all" else {option}
        including = including | options if word == "including" else including - options
    return Like(source, frozenset(including))


def partition_bound(cursor: Cursor) -> str:
    """Read FOR VALUES … or DEFAULT; return what stands behind FOR VALUES, empty for DEFAULT."""
    if cursor.accept("default"):
        return ""
    cursor.expect("for", "values")
    start = cursor.position
    while cursor.accept_any("in", "from", "to", "with"):
        cursor.skip_group()
    return cursor.text(start, cursor.position)


def _tail(cursor: Cursor, statement: CreateTable) -> CreateTable:
    """Read what follows the elements, in whatever order."""
    while not cursor.at_end():
        if cursor.accept("inherits"):
            statement = replace(statement, inherits=cursor.grouped(cursor.name))
        elif cursor.accept("partition", "by"):
            strategy = cursor.identifier()
            statement = replace(statement, partition_by=strategy, partition_key=cursor.group())
        elif cursor.accept("with") or cursor.accept("options"):
            cursor.skip_group()
        elif cursor.accept("tablespace"):
            statement = replace(statement, tablespace=cursor.identifier())
        elif cursor.accept_any("using", "server"):
            cursor.identifier()
        elif cursor.accept("on", "commit"):
            _on_commit(cursor)
        else:
            cursor.expect("without", "oids")
    return statement


def _on_commit(cursor: Cursor) -> None:
    if not (cursor.accept("preserve", "rows") or cursor.accept("delete", "rows")):
        cursor.expect("drop")
