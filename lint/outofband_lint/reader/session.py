"""SET, RESET and set_config(): of these only search_path matters to the schema.

Source: PostgreSQL 18, SET, RESET, and Configuration Settings Functions.
"""

from __future__ import annotations

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Kind, Token, Unreadable, tokenize
from outofband_lint.statement import SetSearchPath, Statement, Understood


def set_parameter(cursor: Cursor) -> Statement:
    """Read SET."""
    cursor.expect("set")
    scope = cursor.accept_any("session", "local")
    local = scope == "local"
    if cursor.accept("schema"):
        return SetSearchPath((cursor.string(),), local=local)
    if not cursor.accept("search_path"):
        cursor.skip_rest()
        return Understood("set")
    if not cursor.accept_symbol("="):
        cursor.expect("to")
    if cursor.accept("default"):
        return SetSearchPath(None, local=local)
    listed = cursor.listed(lambda: _value(cursor))
    return SetSearchPath(tuple(s for s in listed if s not in ("", "$user")), local=local)


def _value(cursor: Cursor) -> str:
    token = cursor.token
    is_string = token is not None and token.kind is Kind.STRING
    return cursor.string() if is_string else cursor.identifier()


def reset_parameter(cursor: Cursor) -> Statement:
    """Read RESET."""
    cursor.expect("reset")
    if cursor.accept_any("search_path", "all"):
        return SetSearchPath(None)
    cursor.skip_rest()
    return Understood("reset")


def discard(cursor: Cursor) -> Statement:
    """Read DISCARD; ALL takes the settings back too."""
    cursor.expect("discard")
    if cursor.accept("all"):
        return SetSearchPath(None)
    cursor.skip_rest()
    return Understood("discard")


def search_path_by_function(cursor: Cursor) -> SetSearchPath | None:
    """Read SELECT set_config('search_path', value, is_local); None for any other query."""
    match [token for token in cursor.tokens if token.text not in ("pg_catalog", ".")]:
        case [
            Token(Kind.WORD, "select"),
            Token(Kind.WORD, "set_config"),
            Token(Kind.SYMBOL, "("),
            Token(Kind.STRING, "search_path"),
            Token(Kind.SYMBOL, ","),
            Token(Kind.STRING, value),
            Token(Kind.SYMBOL, ","),
            Token(Kind.WORD, is_local),
            *_,
        ]:
            cursor.skip_rest()
            return SetSearchPath(_split(value), local=is_local == "true")
    return None


def _split(value: str) -> tuple[str, ...]:
    tokens = tokenize(value)
    if any(token.kind is Kind.STRING for token in tokens):
        raise Unreadable("search_path holds a string within its string")
    return tuple(
        token.text
        for token in tokens
        if token.kind in (Kind.WORD, Kind.QUOTED) and token.text not in ("", "$user", "user")
    )
