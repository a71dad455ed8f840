"""Statements that read or write rows.

Of these the tables that are written are read, however deep in a WITH, and SELECT … INTO, which
creates one. What a called function does is outside what text can tell (PostgreSQL 18, SELECT).
"""

from __future__ import annotations

from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.session import search_path_by_function
from outofband_lint.reader.tokens import Kind
from outofband_lint.statement import CreateTableAs, Statement, Understood

_WRITES = (("insert", "into"), ("update",), ("delete", "from"), ("merge", "into"))


def query(cursor: Cursor) -> Statement:
    """Read SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE or MERGE."""
    search_path = search_path_by_function(cursor)
    if search_path is not None:
        return search_path
    written: list[QualifiedName] = []
    kind = None
    previous_opens = True  # a statement starts here: at the beginning, or after a parenthesis
    depth = 0
    while not cursor.at_end():
        words = _write(cursor) if previous_opens or depth == 0 else None
        if words is not None:
            cursor.accept(*words)
            cursor.accept("only")
            written.append(cursor.name())
            kind = words[0] if depth == 0 and kind is None else kind
            continue
        if depth == 0 and cursor.sees("select") and kind is None:
            kind = "select"
        if depth == 0 and kind == "select" and cursor.accept("into"):
            return _select_into(cursor)
        depth += cursor.sees_symbol("(") - cursor.sees_symbol(")")
        previous_opens = cursor.next().text == "("
    return Understood(kind or _first_word(cursor), tuple(dict.fromkeys(written)))


def _write(cursor: Cursor) -> tuple[str, ...] | None:
    """Return the words that start a write here; FOR UPDATE and DO UPDATE start none."""
    if cursor.position and cursor.tokens[cursor.position - 1].text in ("for", "do", "key", "then"):
        return None
    if cursor.position and cursor.tokens[cursor.position - 1].text == "on":
        return None
    return next((words for words in _WRITES if cursor.sees(*words)), None)


def _select_into(cursor: Cursor) -> Statement:
    temporary = cursor.accept_any("temporary", "temp") is not None
    cursor.accept("unlogged")
    cursor.accept("table")
    table = cursor.name()
    cursor.skip_rest()
    return CreateTableAs(table, temporary=temporary)


def _first_word(cursor: Cursor) -> str:
    token = next((token for token in cursor.tokens if token.kind is Kind.WORD), None)
    return token.text if token else ""


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
