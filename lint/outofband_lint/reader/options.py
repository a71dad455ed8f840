"""Options in parentheses: `(VERBOSE, CONCURRENTLY off)`."""

from __future__ import annotations

from collections.abc import Mapping

from outofband_lint.reader.cursor import Cursor

_NO = ("off", "false", "0", "no")


def options(cursor: Cursor) -> Mapping[str, str]:
    """Read a list of options where one stands: names and values in lower case."""
    if not cursor.sees_symbol("("):
        return {}
    return dict(cursor.grouped(lambda: _option(cursor)))


def _option(cursor: Cursor) -> tuple[str, str]:
    name = cursor.identifier()
    start = cursor.position
    while not (cursor.sees_symbol(",") or cursor.sees_symbol(")")):
        cursor.skip_one()
    return name, cursor.text(start, cursor.position).strip("'").lower()


def is_on(chosen: Mapping[str, str], *names: str) -> bool:
    """Tell whether one of these options is given, and not with a value that says no."""
    return any(name in chosen and chosen[name] not in _NO for name in names)
