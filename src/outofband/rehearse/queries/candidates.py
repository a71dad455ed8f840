"""Which indexes might serve a scan: those that are worth to be tried. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from outofband.rehearse.queries.conditions import Asked, asked_of, sort_keys
from outofband.rehearse.queries.spots import Spot
from outofband_lint.names import QualifiedName, clip, quote
from outofband_lint.reader.expression import leading_function
from outofband_lint.statement import CreateIndex, IndexKey

Keys = tuple[IndexKey, ...]
_MOST_KEYS = 4
_BY_PREFIX = "text_pattern_ops"


def candidates(spot: Spot, table: QualifiedName) -> list[CreateIndex]:
    """Return indexes on ``table`` for what a scan looks for there, the most promising first."""
    asked, order = asked_of(spot.node, spot.above), _sorted_by(spot)
    found = dict.fromkeys(_btrees(asked, order))
    indexes = [_index(table, keys) for keys in found if keys]
    where = " AND ".join(dict.fromkeys(each.predicate for each in asked if each.predicate))
    if where:
        rest = dict.fromkeys(_btrees([each for each in asked if not each.predicate], order))
        indexes += [_index(table, keys, where=where) for keys in rest if keys]
    searched = _keys([a for a in asked if a.how == "search"])
    return indexes + [_index(table, (key,), "gin") for key in searched]


def _sorted_by(spot: Spot) -> Keys:
    """Return what the rows of a scan are sorted by next."""
    keys = (sort_keys(plan, spot.node.alias) for plan in spot.above)
    return next((found for found in keys if found), ())


def _btrees(asked: Sequence[Asked], order: Keys) -> Iterator[Keys]:
    """Yield keys: equalities first, then one of what has an order; and fewer of them."""
    either = _keys([a for a in asked if a.either and not a.weak])
    asked = [each for each in asked if not each.either]
    equal = _keys([a for a in asked if a.how == "equal" and not a.weak and not a.joins])
    joined = _keys([a for a in asked if a.how == "equal" and a.joins])
    last = _keys([a for a in asked if a.how == "range"]) + _prefixes(asked)
    weak = _keys([a for a in asked if a.weak])
    if order:
        kept = tuple(key for key in equal if key.column not in {o.column for o in order})
        yield (*kept, *order)[:_MOST_KEYS]
    for first in (equal, (*joined, *equal), joined):
        yield from ((*first, key)[-_MOST_KEYS:] for key in last[:2])
        yield first[:_MOST_KEYS]
    yield from ((key,) for key in (*equal, *joined, *either))
    yield weak[:_MOST_KEYS]


def _keys(asked: Sequence[Asked]) -> Keys:
    return tuple(dict.fromkeys(each.key for each in asked))


def _prefixes(asked: Sequence[Asked]) -> Keys:
    """Return keys for LIKE 'x%', in the order of bytes as only such an index knows it."""
    keys = _keys([a for a in asked if a.how == "prefix"])
    return tuple(IndexKey(key.column, key.expression, opclass=_BY_PREFIX) for key in keys)


def _index(
    table: QualifiedName, keys: Keys, method: str = "btree", where: str | None = None
) -> CreateIndex:
    named = (key.column or _named_after(key.expression or "") for key in keys)
    part = "_".join(_WORDS.findall(where.lower())) if where else ""
    name = clip("_".join(["ix", table.name, *filter(None, named), *filter(None, [part])]))
    return CreateIndex(name, table, keys, method=method, where=where)


def _named_after(expression: str) -> str:
    """Return what tells an expression in the name of an index: its function, else its words."""
    return leading_function(expression) or "_".join(_WORDS.findall(expression))


_WORDS = re.compile(r"\w+")


def statement(index: CreateIndex) -> str:
    """Return the SQL that builds a candidate on an empty table."""
    keys = ", ".join(map(_spelled, index.keys))
    where = f" WHERE {index.where}" if index.where else ""
    return f"CREATE INDEX ON {index.table} USING {index.method} ({keys}){where}"


def _spelled(key: IndexKey) -> str:
    on = quote(key.column) if key.column is not None else f"({key.expression})"
    parts = [on, key.opclass or "", "DESC" if key.descending else ""]
    if key.nulls_first is not None:
        parts.append("NULLS FIRST" if key.nulls_first else "NULLS LAST")
    return " ".join(filter(None, parts))
