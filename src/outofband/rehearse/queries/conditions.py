"""What the conditions of a plan ask of one of its tables. Pure.

PostgreSQL deparses them with the alias before every column (EXPLAIN, VERBOSE), so that the linter's
reader of conditions can tell whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from outofband.pretend.plan import Plan
from outofband_lint.asked import sides
from outofband_lint.names import quote
from outofband_lint.reader.select import condition_of
from outofband_lint.reader.select_tokens import PARAMETER, Kind, Token, query_tokens
from outofband_lint.reader.select_tree import Compare, Condition, Either, How, Operand, conjuncts
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.statement import IndexKey

_OWN = ("Index Cond", "Recheck Cond")
JOINS = ("Hash Cond", "Merge Cond", "Join Filter")
"""Where EXPLAIN tells by what tables are joined."""
_FEW = (("true",), ("false",))
"""Values of a boolean, of which most rows may have either."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition: the key that an index would have for it, and how it compares.

    ``weak`` is one that many rows may meet, of a column: what a partial index may be for, as its
    predicate. ``joins`` is one that compares with another table, ``either`` one of an OR.
    """

    key: IndexKey
    how: How
    weak: bool = False
    joins: bool = False
    either: bool = False
    predicate: str = ""


def asked_of(node: Plan, above: Iterable[Plan]) -> list[Asked]:
    """Return what a scan's own conditions ask of its table, and then those of the nodes above."""
    own = [node.filter, *(node.details.get(name) for name in _OWN)]
    own += [plan.details.get("Recheck Cond") for plan in above if plan.relation == node.relation]
    joins = [plan.details.get(name) for plan in above for name in JOINS]
    found = [each for text in (*own, *joins) for each in _of(text, node.alias)]
    return list(dict.fromkeys(found))


def sort_keys(node: Plan, alias: str | None) -> tuple[IndexKey, ...]:
    """Return what a node sorts by, where all of it is of one table; else nothing."""
    found = []
    for text in node.details.get("Sort Key", ()):
        match = _ORDERED.fullmatch(text)
        asked = [*_of(f"{match[1]} IS NULL", alias)] if match else []
        if len(asked) != 1 or match is None:
            return ()
        nulls = None if match[3] is None else match[3] == "FIRST"
        key = asked[0].key
        found.append(replace(key, descending=match[2] is not None, nulls_first=nulls))
    backwards = all(key.descending and key.nulls_first is None for key in found)
    return tuple(replace(key, descending=False) for key in found) if backwards else tuple(found)


_ORDERED = re.compile(r"(.+?)( DESC)?(?: NULLS (FIRST|LAST))?")
_OF_SUBPLAN = re.compile(r"\((?:hashed )?(?:InitPlan|SubPlan) [^()]*\)\.col\d+|\$0")


def standalone(condition: str, alias: str | None) -> str | None:
    """Return a condition on one table with parameters for the columns of others; None where it
    cannot stand alone.
    """
    text = _OF_SUBPLAN.sub("$1", condition)
    try:
        tokens = query_tokens(text)
    except Unreadable:
        return None
    number = max((int(n) for n in re.findall(r"\$(\d+)", text)), default=0)
    parts, end = [], 0
    for first, dot, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if dot.text == "." and _is_name(first) and _is_name(name) and first.text != alias:
            if text[name.end : name.end + 1] == "(":
                continue
            number += 1
            parts.append(f"{text[end : first.start]}${number}")
            end = name.end
    return "".join([*parts, text[end:]]) or None


def _is_name(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.QUOTED) and token.text != PARAMETER


def _of(text: str | None, alias: str | None) -> Iterator[Asked]:
    if not text:
        return
    try:
        parts = [*conjuncts(condition_of(text))]
    except Unreadable:
        return
    yield from _of_parts(parts, alias)


def _of_parts(
    parts: Iterable[Condition], alias: str | None, *, either: bool = False
) -> Iterator[Asked]:
    for part in parts:
        if isinstance(part, Either):
            for one in part.conditions:
                yield from _of_parts(conjuncts(one), alias, either=True)
        for side in sides(part) if isinstance(part, Compare) else ():
            if _is_of(side.left, alias):
                weak = side.how in ("null", "not_null") or side.values in _FEW
                key = key_of(side.left)
                predicate = _predicate(key, side) if weak and not either else ""
                yield Asked(key, side.how, weak, bool(side.against), either, predicate)


def _predicate(key: IndexKey, side: Compare) -> str:
    """Return a condition that names no parameter as the predicate of an index has it."""
    if key.column is None:
        return ""
    column = quote(key.column)
    if side.how in ("null", "not_null"):
        return f"{column} IS {'NULL' if side.how == 'null' else 'NOT NULL'}"
    return column if side.values == ("true",) else f"NOT {column}"


def _is_of(operand: Operand, alias: str | None) -> bool:
    return bool(operand.columns) and all(c.relation == alias for c in operand.columns)


def key_of(operand: Operand) -> IndexKey:
    """Return what an index is on that looks up by one side of a comparison."""
    names = {column.name for column in operand.columns}
    if operand.text in names:
        return IndexKey(operand.text)
    if operand.column is not None:
        return IndexKey(operand.column.name)
    text = operand.text
    if "'" not in text and '"' not in text:
        text = text.replace(" ( ", "(").replace(" )", ")").replace(" , ", ", ")
    return IndexKey(None, text)
