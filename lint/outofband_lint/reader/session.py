"""SET, RESET and set_config().

Source: PostgreSQL 18, SET, RESET, and Configuration Settings Functions.
"""

from __future__ import annotations

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable, is_name, is_word, tokenize
from outofband_lint.statement import SetParameter, SetSearchPath, Statement, Understood


def set_parameter(cursor: Cursor) -> Statement:
    """Read SET."""
    cursor.expect("set")
    scope = cursor.accept_any("session", "local")
    local = scope == "local"
    if cursor.sees_any("characteristics", "authorization", "role", "transaction", "constraints"):
        cursor.skip_rest()
        return Understood("set")
    if cursor.accept("schema"):
        return SetSearchPath((cursor.string(),), local=local)
    if cursor.accept("time", "zone"):
        return SetParameter("timezone", _rest(cursor), local=local)
    if cursor.accept("names"):
        return SetParameter("client_encoding", _rest(cursor), local=local)
    name = _parameter(cursor)
    if not cursor.accept_symbol("="):
        cursor.expect("to")
    if name == "search_path":
        return SetSearchPath(_schemas(cursor), local=local)
    return SetParameter(name, _rest(cursor), local=local)


def _parameter(cursor: Cursor) -> str:
    """Read a parameter's name, in lower case; those of extensions have a dot."""
    parts = [cursor.identifier()]
    while cursor.accept_symbol("."):
        parts.append(cursor.identifier())
    return ".".join(parts).lower()


def _rest(cursor: Cursor) -> str | None:
    """Read a value; None for DEFAULT, a string without its quotes."""
    start = cursor.position
    cursor.skip_rest()
    match cursor.texts[start:-1]:
        case []:
            cursor.fail("a value")
        case ["default" | "local"]:
            return None
        case [text] if text[0] == "'":
            return text[1:]
    return cursor.text(start, cursor.position)


def _schemas(cursor: Cursor) -> tuple[str, ...] | None:
    if cursor.accept("default"):
        return None
    listed = cursor.listed(lambda: _schema(cursor))
    return tuple(schema for schema in listed if schema not in ("", "$user"))


def _schema(cursor: Cursor) -> str:
    return cursor.string() if cursor.sees_string() else cursor.identifier()


def reset_parameter(cursor: Cursor) -> Statement:
    """Read RESET; ALL restores the search_path too."""
    cursor.expect("reset")
    if cursor.accept_any("search_path", "all"):
        return SetSearchPath(None)
    if cursor.accept("time", "zone"):
        return SetParameter("timezone", None)
    if cursor.sees("session", "authorization") or cursor.sees("role"):
        cursor.skip_rest()
        return Understood("reset")
    return SetParameter(_parameter(cursor), None)


def discard(cursor: Cursor) -> Statement:
    """Read DISCARD; ALL takes the settings back too."""
    cursor.expect("discard")
    if cursor.accept("all"):
        return SetSearchPath(None)
    cursor.skip_rest()
    return Understood("discard")


def parameter_by_function(cursor: Cursor) -> Statement | None:
    """Read SELECT set_config(name, value, is_local) with literals; None for any other query."""
    start = cursor.position
    called = cursor.accept("select") and (cursor.accept("pg_catalog", ".") or True)
    if not (called and cursor.accept("set_config", "(")):
        cursor.position = start
        return None
    match cursor.texts[cursor.position : cursor.position + 5]:
        case [name, ",", value, ",", is_local] if name[0] == value[0] == "'" and is_word(is_local):
            cursor.skip_rest()
            local = is_local == "true"
            if name.lower() == "'search_path":
                return SetSearchPath(_split(value[1:]), local=local)
            return SetParameter(name[1:].lower(), value[1:], local=local)
    cursor.position = start
    return None


def _split(value: str) -> tuple[str, ...]:
    names = tokenize(value).texts
    if any(text[0] == "'" for text in names):
        raise Unreadable("search_path holds a string within its string")
    schemas = (text.removeprefix('"') for text in names if is_name(text))
    return tuple(schema for schema in schemas if schema not in ("", "$user", "user"))
