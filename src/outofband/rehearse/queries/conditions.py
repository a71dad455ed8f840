"""What the conditions of a plan ask of one of its tables. Pure.

PostgreSQL deparses them with the alias before every column (EXPLAIN, VERBOSE), so that the linter's
reader of conditions can tell whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outofband.pretend.plan import Plan
from outofband_lint.access import sides
from outofband_lint.reader.select import condition_of
from outofband_lint.reader.select_tree import Compare, How, Operand, conjuncts
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.statement import IndexKey

_OWN = ("Index Cond", "Recheck Cond")
_JOINS = ("Hash Cond", "Merge Cond", "Join Filter")
_FEW = (("true",), ("false",))
"""Values of a boolean, of which most rows may have either."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition: the key that an index would have for it, and how it compares.

    ``weak`` is one that many rows may meet; ``joins`` one that compares with another table.
    """

    key: IndexKey
    how: How
    weak: bool = False
    joins: bool = False


def asked_of(node: Plan, above: Iterable[Plan]) -> list[Asked]:
    """Return what a scan's own conditions ask of its table, and then those of the nodes above."""
    own = [node.filter, *(node.details.get(name) for name in _OWN)]
    own += [plan.details.get("Recheck Cond") for plan in above if plan.relation == node.relation]
    joins = [plan.details.get(name) for plan in above for name in _JOINS]
    found = [each for text in (*own, *joins) for each in _of(text, node.alias)]
    return list(dict.fromkeys(found))


def _of(text: str | None, alias: str | None) -> Iterator[Asked]:
    if not text:
        return
    try:
        parts = [*conjuncts(condition_of(text))]
    except Unreadable:
        return
    for part in parts:
        for side in sides(part) if isinstance(part, Compare) else ():
            if _is_of(side.left, alias):
                weak = side.how in ("null", "not_null") or side.values in _FEW
                yield Asked(key_of(side.left), side.how, weak, joins=bool(side.against))


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
