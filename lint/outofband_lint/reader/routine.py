"""Statements about functions, procedures and triggers.

Source: PostgreSQL 18, CREATE FUNCTION, CREATE PROCEDURE, CREATE TRIGGER and their sisters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.drop import behaviour
from outofband_lint.statement import (
    AlterFunction,
    CreateFunction,
    CreateTrigger,
    DropTrigger,
    RenameObject,
    Statement,
    Understood,
)
from outofband_lint.statement.routine import RoutineKind


@dataclass(slots=True)
class _Attributes:
    """What stands behind the arguments, in whatever order."""

    language: str | None = None
    security_definer: bool | None = None
    settings: list[str] = field(default_factory=list)


def create_function(cursor: Cursor) -> Statement:
    """Read CREATE FUNCTION or CREATE PROCEDURE; the body is not looked into."""
    cursor.expect("create")
    or_replace = cursor.accept("or", "replace")
    kind = _kind(cursor)
    name = cursor.name()
    cursor.skip_group()
    attributes = _attributes(cursor)
    return CreateFunction(
        name,
        kind,
        attributes.language,
        security_definer=bool(attributes.security_definer),
        settings=tuple(attributes.settings),
        or_replace=or_replace,
    )


def alter_function(cursor: Cursor) -> Statement:
    """Read ALTER FUNCTION, ALTER PROCEDURE or ALTER ROUTINE."""
    cursor.expect("alter")
    kind = _kind(cursor)
    name = cursor.name()
    if cursor.sees_symbol("("):
        cursor.skip_group()
    if cursor.accept("rename", "to"):
        return RenameObject(kind, name, cursor.identifier())
    if cursor.sees("owner") or cursor.sees("set", "schema") or cursor.sees("depends"):
        cursor.skip_rest()
        return Understood(f"alter {kind}")
    attributes = _attributes(cursor)
    return AlterFunction(name, kind, attributes.security_definer, tuple(attributes.settings))


def _kind(cursor: Cursor) -> RoutineKind:
    if cursor.accept("procedure"):
        return "procedure"
    if not cursor.accept("routine"):
        cursor.expect("function")
    return "function"


def _attributes(cursor: Cursor) -> _Attributes:
    """Read up to the end; a body in SQL (RETURN, BEGIN ATOMIC) is the last attribute."""
    found = _Attributes()
    while not cursor.at_end():
        if cursor.accept("language"):
            found.language = _language(cursor)
        elif cursor.accept("security"):
            found.security_definer = cursor.next() == "definer"
        elif cursor.sees("set") and not cursor.sees("set", "schema"):
            cursor.next()
            found.settings.append(cursor.identifier())
        elif cursor.sees_any("return") or cursor.sees("begin", "atomic"):
            cursor.skip_rest()
            found.language = found.language or "sql"
        else:
            cursor.skip_one()
    return found


def _language(cursor: Cursor) -> str:
    """Read a language's name, which may stand as a string."""
    if cursor.sees_string():
        return cursor.string().lower()
    return cursor.identifier()


def create_trigger(cursor: Cursor) -> Statement:
    """Read CREATE [CONSTRAINT] TRIGGER."""
    cursor.expect("create")
    or_replace = cursor.accept("or", "replace")
    constraint = cursor.accept("constraint")
    cursor.expect("trigger")
    name = cursor.identifier()
    while not cursor.accept("on"):
        cursor.skip_one()
    table = cursor.name()
    cursor.skip_rest()
    return CreateTrigger(name, table, constraint, or_replace)


def drop_trigger(cursor: Cursor) -> Statement:
    """Read DROP TRIGGER."""
    cursor.expect("drop", "trigger")
    if_exists = cursor.accept("if", "exists")
    name = cursor.identifier()
    cursor.expect("on")
    return DropTrigger(name, cursor.name(), if_exists, behaviour(cursor))
