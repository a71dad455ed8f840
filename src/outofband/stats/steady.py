"""Keep what a pull would change by no more than the noise of its measurement. Pure.

ANALYZE estimates from a sample and tables grow a little every night; a diff that shows a thousand
lines shows nothing. So an object of the file stays as it is until one of its numbers has moved far
enough to matter to a plan, and is then replaced whole: the file is never farther off than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from outofband.stats.file import written
from outofband.stats.missing import INDEX
from outofband.stats.value import Column, Index, Query, Relation, Stats

_NEAR = 1.1
"""Sizes and estimates within a tenth of each other are the same."""
_COUNTED_ALIKE = 3.0
"""Counters within this factor are: what matters of one is whether it is 0, and its magnitude."""
_COUNTERS = frozenset({"seq_scan", "seq_tup_read", "idx_scan", "calls", "mean_exec_time"})
_SHARES = frozenset({"correlation", "null_frac"})
_SHARES_APART = 0.1
_NOISE = frozenset({"analyzed", "most_common_vals", "most_common_freqs", "histogram_bounds"}) | {
    "most_common_elems", "most_common_elem_freqs", "elem_count_histogram",
}  # fmt: skip
T = TypeVar("T", Relation, Column, Index, Query)


def steadied(new: Stats, before: Stats) -> Stats:
    """Return ``new`` with every object of ``before`` that still holds; ``before`` itself where all
    does.
    """
    kept = replace(
        new,
        relations=_kept(new.relations, before.relations, lambda r: r.qualified),
        columns=_kept(new.columns, before.columns, lambda c: (c.relation, c.name, c.inherited)),
        indexes=_kept((*new.indexes, *_unseen(new, before)), before.indexes, lambda i: i.qualified),
        queries=_kept(new.queries, before.queries, lambda q: q.query),
    )
    same = replace(kept, pulled=before.pulled, server_version=before.server_version)
    return before if written(same) == written(before) else kept


def _unseen(new: Stats, before: Stats) -> Iterator[Index]:
    """Yield the indexes that were there and could not be looked at."""
    unseen = {missing.of for missing in new.missing if missing.what == INDEX}
    return (index for index in before.indexes if str(index.qualified) in unseen)


def _kept(new: Iterable[T], before: Iterable[T], key: Callable[[T], Any]) -> tuple[T, ...]:
    old: Mapping[Any, T] = {key(item): item for item in before}
    return tuple(
        was if (was := old.get(key(item))) is not None and _holds(was, item) else item
        for item in new
    )


def _holds(was: Any, now: Any) -> bool:
    return all(
        _alike(field.name, getattr(was, field.name), getattr(now, field.name))
        for field in fields(was)
    )


def _alike(name: str, was: object, now: object) -> bool:
    if name in _NOISE:
        return (was is None) == (now is None)
    if was == now or not (isinstance(was, int | float) and isinstance(now, int | float)):
        return was == now
    if name in _SHARES:
        return abs(was - now) <= _SHARES_APART
    factor = _COUNTED_ALIKE if name in _COUNTERS else _NEAR
    low, high = sorted((abs(was), abs(now)))
    return was * now > 0 and high <= low * factor
