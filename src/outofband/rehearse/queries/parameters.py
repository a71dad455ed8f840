"""Any driver's parameters as the server's own: $1, $2."""

from __future__ import annotations

import re

from outofband_lint.reader.select_tokens import PARAMETER, Kind, queries_in

_NAMELESS = re.compile(r"\?|%[sbt]")


def numbered(sql: str) -> str:
    """Return a query with $1, $2 for its parameters; one that is named twice has one number.

    Where the driver is one of those that take ``%s``, ``%%`` is a percent sign.
    Raises Unreadable.
    """
    found = [token for tokens in queries_in(sql) for token in tokens]
    places = [t for t in found if t.kind is Kind.NUMBER and t.text == PARAMETER]
    spelled = [sql[place.start : place.end] for place in places]
    if all(text.startswith("$") for text in spelled):
        return sql
    percent = any(text.startswith("%") for text in spelled)
    numbers: dict[str, int] = {}
    parts, end = [], 0
    for number, (place, text) in enumerate(zip(places, spelled, strict=True)):
        name = f"{text} {number}" if _NAMELESS.fullmatch(text) else text
        parts.append(_unescaped(sql[end : place.start], percent))
        parts.append(f"${numbers.setdefault(name, len(numbers) + 1)}")
        end = place.end
    return "".join([*parts, _unescaped(sql[end:], percent)])


def _unescaped(text: str, percent: bool) -> str:
    return text.replace("%%", "%") if percent else text


def typed(sql: str, parameter: str) -> str:
    """Return a query that tells the type of a parameter of which nothing else does.

    Where it is asked whether it is NULL (``$1 IS NULL OR a = $1``) that is another parameter then:
    the planner knows the value of neither. Otherwise it is a text.
    """
    every = re.compile(rf"{re.escape(parameter)}(?!\d)")
    alone = re.compile(rf"{every.pattern}(?=\s+IS\s+(?:NOT\s+)?NULL)", re.IGNORECASE)
    number = max(int(found) for found in re.findall(r"\$(\d+)", sql))
    asked = alone.sub(f"${number + 1}::text", sql)
    return asked if asked != sql and every.search(asked) else every.sub(f"{parameter}::text", sql)
