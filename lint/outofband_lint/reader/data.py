"""Statements that read or write rows.

Of these the writes are read, however deep in a WITH, and SELECT … INTO, which creates a table.
What a called function does is outside what text can tell (PostgreSQL 18, SELECT).
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.drop import behaviour
from outofband_lint.reader.session import parameter_by_function
from outofband_lint.statement import Copy, CreateTableAs, Query, Statement, Truncate, Write
from outofband_lint.statement.data import Verb

_WRITES = (("insert", "into"), ("update",), ("delete", "from"), ("merge", "into"))
_READS = ("select", "values", "table")


def query(cursor: Cursor) -> Statement:
    """Read SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE or MERGE."""
    parameter = parameter_by_function(cursor)
    if parameter is not None:
        return parameter
    kind = ""
    writes: list[Write] = []
    depth = 0
    while not cursor.at_end():
        verb = _verb(cursor)
        if verb is not None and depth == 0:
            kind = kind or verb
        if verb is not None and verb not in _READS:
            writes.append(_write(cursor, cast("Verb", verb)))
        elif kind == "select" and depth == 0 and cursor.accept("into"):
            return _select_into(cursor)
        else:
            depth += cursor.sees_symbol("(") - cursor.sees_symbol(")")
            cursor.next()
    return Query(kind or "select", tuple(writes))  # type: ignore[arg-type]


def _verb(cursor: Cursor) -> str | None:
    """Return the verb of a statement or of a WITH query that starts here.

    One starts at the beginning, behind `AS (` and behind the last query of a WITH; anywhere else
    (FOR UPDATE, DO UPDATE, a column called update) the word starts nothing.
    """
    before = cursor.texts[max(0, cursor.position - 2) : cursor.position]
    starts = not before or before[-1] == ")" or before in (["as", "("], ["materialized", "("])
    if not starts:
        return None
    for verb in _READS:
        if cursor.sees(verb):
            return verb
    return next((words[0] for words in _WRITES if cursor.sees(*words)), None)


def _write(cursor: Cursor, verb: Verb) -> Write:
    """Read the verb and the table; what follows is looked at and left, a WITH may be in it."""
    for words in _WRITES:
        if cursor.accept(*words):
            break
    write = Write(verb, cursor.table())
    start = cursor.position
    write = _insert(cursor, write) if verb == "insert" else _changed(cursor, write)
    cursor.position = start
    return write


def _insert(cursor: Cursor, write: Write) -> Write:
    if cursor.accept("as"):
        cursor.identifier()
    columns: tuple[str, ...] = ()
    if cursor.sees_symbol("(") and not _is_query(cursor, ahead=1):
        columns = cursor.grouped(lambda: _target(cursor))
    if cursor.accept("overriding"):
        cursor.next()
        cursor.expect("value")
    from_query = _is_query(cursor) or (cursor.sees_symbol("(") and _is_query(cursor, ahead=1))
    return replace(write, columns=columns, from_query=from_query)


def _is_query(cursor: Cursor, ahead: int = 0) -> bool:
    return any(cursor.sees(word, ahead=ahead) for word in ("select", "with", "table"))


def _changed(cursor: Cursor, write: Write) -> Write:
    """Read what an UPDATE assigns, and whether it or a DELETE has a WHERE of its own."""
    while not cursor.at_end() and not cursor.sees_symbol(")"):
        if write.verb == "update" and not write.columns and cursor.accept("set"):
            write = replace(write, columns=_assigned(cursor))
        elif cursor.accept("where"):
            return replace(write, has_where=True)
        else:
            cursor.skip_one()
    return write


def _assigned(cursor: Cursor) -> tuple[str, ...]:
    """Read `a = …, (b, c) = …`, up to FROM, WHERE or RETURNING."""
    columns: list[str] = []
    while True:
        if cursor.sees_symbol("("):
            columns += cursor.grouped(lambda: _target(cursor))
        else:
            columns.append(_target(cursor))
        cursor.expect_symbol("=")
        cursor.expression(lambda: cursor.sees_any("from", "where", "returning"))
        if not cursor.accept_symbol(","):
            return tuple(columns)


def _target(cursor: Cursor) -> str:
    """Read a column, or the field or element of one."""
    column = cursor.identifier()
    while cursor.sees_symbol("[") or cursor.sees_symbol("."):
        cursor.skip_one()
    return column


def _select_into(cursor: Cursor) -> Statement:
    temporary = cursor.accept_any("temporary", "temp") is not None
    unlogged = cursor.accept("unlogged")
    cursor.accept("table")
    table = cursor.name()
    cursor.skip_rest()
    return CreateTableAs(table, temporary=temporary, unlogged=unlogged)


def truncate(cursor: Cursor) -> Statement:
    """Read TRUNCATE."""
    cursor.expect("truncate")
    cursor.accept("table")
    tables = cursor.listed(cursor.table)
    if cursor.accept_any("restart", "continue"):
        cursor.expect("identity")
    return Truncate(tables, behaviour(cursor))


def copy(cursor: Cursor) -> Statement:
    """Read COPY."""
    cursor.expect("copy")
    cursor.accept("binary")
    if cursor.sees_symbol("("):
        cursor.skip_rest()
        return Copy(None, from_=False)
    table = cursor.name()
    if cursor.sees_symbol("("):
        cursor.skip_group()
    direction = cursor.accept_any("from", "to") or cursor.fail("FROM or TO")
    cursor.skip_rest()
    return Copy(table, from_=direction == "from")
