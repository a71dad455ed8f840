"""The tables that a statement is about of which nothing else is read.

Source: PostgreSQL 18, the pages of CREATE POLICY, CREATE RULE, CREATE STATISTICS, CREATE
PUBLICATION and COMMENT, with their sisters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable

_Finder = Callable[[Cursor], tuple[QualifiedName, ...]]


def acted_on(cursor: Cursor, kind: str) -> tuple[QualifiedName, ...]:
    """Return the tables that a statement names as what it acts on; the cursor stays where it is.

    `kind` is its leading words. Where its form is not the expected one no table is returned.
    """
    find = _FINDERS.get(kind)
    if find is None:
        return ()
    position, cursor.position = cursor.position, 0
    try:
        return find(cursor)
    except Unreadable:
        return ()
    finally:
        cursor.position = position


def _behind(word: str) -> _Finder:
    """Return what finds the table behind a reserved word."""

    def find(cursor: Cursor) -> tuple[QualifiedName, ...]:
        while not cursor.accept(word):
            cursor.skip_one()
        return (cursor.table(),)

    return find


def _published(cursor: Cursor) -> tuple[QualifiedName, ...]:
    while not cursor.accept("table"):
        cursor.skip_one()
    return tuple(_publications(cursor))


def _publications(cursor: Cursor) -> Iterator[QualifiedName]:
    """Yield each table; its columns and rows do not matter."""
    yield cursor.table()
    while not cursor.at_end():
        if cursor.accept_symbol(",") and not cursor.sees("tables"):
            cursor.accept("table")
            yield cursor.table()
        else:
            cursor.skip_one()


def _commented(cursor: Cursor) -> tuple[QualifiedName, ...]:
    cursor.expect("comment", "on")
    if cursor.accept("column"):
        return (_table_of_column(cursor),)
    for words in (("table",), ("foreign", "table"), ("materialized", "view")):
        if cursor.accept(*words):
            return (cursor.name(),)
    return ()


def _table_of_column(cursor: Cursor) -> QualifiedName:
    parts = [cursor.identifier()]
    while cursor.accept_symbol("."):
        parts.append(cursor.identifier())
    *_, schema, table = (None, *parts[:-1])
    return QualifiedName(table, schema) if table is not None else cursor.fail("a column's name")


_FINDERS: Mapping[str, _Finder] = {
    "alter policy": _behind("on"),
    "alter publication": _published,
    "alter rule": _behind("on"),
    "alter trigger": _behind("on"),
    "comment": _commented,
    "create policy": _behind("on"),
    "create publication": _published,
    "create rule": _behind("to"),
    "create statistics": _behind("from"),
    "drop policy": _behind("on"),
    "drop rule": _behind("on"),
}
