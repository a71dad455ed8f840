"""Statements about views, extensions, and the renaming of whatever has a name.

Source: PostgreSQL 18, CREATE VIEW, CREATE EXTENSION, and ALTER … RENAME TO of each kind of object.
"""

from __future__ import annotations

from outofband_lint.reader.acted_on import acted_on
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.drop import behaviour
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.statement import (
    CreateView,
    DropView,
    Extension,
    RenameObject,
    RenameTable,
    Statement,
    Understood,
)


def create_view(cursor: Cursor) -> Statement:
    """Read CREATE [TEMPORARY] [RECURSIVE] VIEW; the query is not looked into."""
    cursor.expect("create")
    or_replace = cursor.accept("or", "replace")
    temporary = cursor.accept_any("temp", "temporary") is not None
    cursor.accept("recursive")
    cursor.expect("view")
    view = cursor.name()
    cursor.skip_rest()
    return CreateView(view, or_replace, temporary)


def alter_view(cursor: Cursor) -> Statement:
    """Read ALTER VIEW."""
    cursor.expect("alter", "view")
    cursor.accept("if", "exists")
    view = cursor.name()
    if cursor.accept("rename", "to"):
        return RenameTable(view, cursor.identifier())
    cursor.skip_rest()
    return Understood("alter view")


def drop_view(cursor: Cursor) -> Statement:
    """Read DROP VIEW."""
    cursor.expect("drop", "view")
    if_exists = cursor.accept("if", "exists")
    return DropView(cursor.listed(cursor.name), if_exists, behaviour(cursor))


def create_extension(cursor: Cursor) -> Statement:
    """Read CREATE EXTENSION."""
    cursor.expect("create", "extension")
    if_not_exists = cursor.accept("if", "not", "exists")
    name = cursor.identifier()
    cascade = "cascade" in cursor.texts
    cursor.skip_rest()
    return Extension("create", (name,), if_not_exists, cascade)


def alter_extension(cursor: Cursor) -> Statement:
    """Read ALTER EXTENSION."""
    cursor.expect("alter", "extension")
    name = cursor.identifier()
    cursor.skip_rest()
    return Extension("alter", (name,))


def drop_extension(cursor: Cursor) -> Statement:
    """Read DROP EXTENSION; what CASCADE would take along is not known here."""
    cursor.expect("drop", "extension")
    if_exists = cursor.accept("if", "exists")
    names = cursor.listed(cursor.identifier)
    if behaviour(cursor):
        raise Unreadable("DROP EXTENSION … CASCADE drops the columns and indexes that depend on it")
    return Extension("drop", names, if_exists)


def alter_object(cursor: Cursor, words: str) -> Statement:
    """Read ALTER of an object of which only a change of name matters."""
    kind, tables = words.removeprefix("alter "), acted_on(cursor, words)
    cursor.expect(*words.split())
    cursor.accept("if", "exists")
    name = cursor.name()
    while not cursor.at_end():
        if cursor.accept("rename", "to"):
            return RenameObject(kind, name, cursor.identifier(), *tables[:1])
        cursor.skip_one()
    return Understood(words, tables)
