"""Statements that read or write rows.

Of these the tables that are written are read, however deep in a WITH, and SELECT … INTO, which
creates one. What a called function does is outside what text can tell (PostgreSQL 18, SELECT).
"""

from __future__ import annotations

from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.session import search_path_by_function
from outofband_lint.statement import CreateTableAs, Statement, Understood

_WRITES = (("insert", "into"), ("update",), ("delete", "from"), ("merge", "into"))


def query(cursor: Cursor) -> Statement:
    """Read SELECT, VALUES, WITH, INSERT, UPDATE, DELETE or MERGE."""
    search_path = search_path_by_function(cursor)
    if search_path is not None:
        return search_path
    kind = ""
    written: list[QualifiedName] = []
    depth = 0
    while not cursor.at_end():
        verb = _verb(cursor)
        if verb is not None and depth == 0:
            kind = kind or verb
        if verb not in (None, "select", "values"):
            written.append(_written(cursor))
        elif kind == "select" and depth == 0 and cursor.accept("into"):
            return _select_into(cursor)
        else:
            depth += cursor.sees_symbol("(") - cursor.sees_symbol(")")
            cursor.next()
    return Understood(kind or "select", tuple(dict.fromkeys(written)))


def _verb(cursor: Cursor) -> str | None:
    """Return the verb of a statement or of a WITH query that starts here.

    One starts at the beginning, behind `AS (` and behind the last query of a WITH; anywhere else
    (FOR UPDATE, DO UPDATE, a column called update) the word starts nothing.
    """
    before = [token.text for token in cursor.tokens[max(0, cursor.position - 2) : cursor.position]]
    starts = not before or before[-1] == ")" or before in (["as", "("], ["materialized", "("])
    if not starts:
        return None
    if cursor.sees_any("select", "values"):
        return "select" if cursor.sees("select") else "values"
    return next((words[0] for words in _WRITES if cursor.sees(*words)), None)


def _written(cursor: Cursor) -> QualifiedName:
    """Read the verb and the table that it writes."""
    for words in _WRITES:
        if cursor.accept(*words):
            break
    cursor.accept("only")
    return cursor.name()


def _select_into(cursor: Cursor) -> Statement:
    temporary = cursor.accept_any("temporary", "temp") is not None
    cursor.accept("unlogged")
    cursor.accept("table")
    table = cursor.name()
    cursor.skip_rest()
    return CreateTableAs(table, temporary=temporary)


def truncate(cursor: Cursor) -> Statement:
    """Read TRUNCATE."""
    cursor.expect("truncate")
    cursor.accept("table")
    tables = cursor.listed(lambda: _table(cursor))
    cursor.skip_rest()
    return Understood("truncate", tables)


def lock(cursor: Cursor) -> Statement:
    """Read LOCK TABLE."""
    cursor.expect("lock")
    cursor.accept("table")
    tables = cursor.listed(lambda: _table(cursor))
    cursor.skip_rest()
    return Understood("lock", tables)


def copy(cursor: Cursor) -> Statement:
    """Read COPY."""
    cursor.expect("copy")
    if cursor.sees_symbol("("):
        cursor.skip_rest()
        return Understood("copy")
    table = cursor.name()
    cursor.skip_rest()
    return Understood("copy", (table,))


def _table(cursor: Cursor) -> QualifiedName:
    cursor.accept("only")
    name = cursor.name()
    cursor.accept_symbol("*")
    return name
