"""What is over partitions is the sum of what is below it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from outofband.stats.value import Index, Relation

_RELATION = "pages", "bytes", "heap_bytes", "toast_bytes", "all_visible"
_COUNTERS = "seq_scan", "seq_tup_read", "idx_scan"
_INDEX = "pages", "bytes"
T = TypeVar("T", Relation, Index)


def relations(every: Sequence[Relation]) -> list[Relation]:
    """Give partitioned tables the sums over their leaves, at however many levels."""
    parents = {str(r.qualified) for r in every if r.partitioned}
    return _summed(every, parents, (*_RELATION, *_COUNTERS))


def indexes(every: Sequence[Index], partitioned: Iterable[str]) -> list[Index]:
    """Give indexes over partitions, whose names as SQL are given, the sums of their parts."""
    return _summed(every, set(partitioned), (*_INDEX, "idx_scan"))


def _summed(every: Sequence[T], parents: set[str], members: Sequence[str]) -> list[T]:
    children: dict[str, list[T]] = {}
    for item in every:
        if item.partition_of is not None:
            children.setdefault(item.partition_of, []).append(item)

    def total(item: T) -> T:
        name = str(item.qualified)
        if name not in parents:
            return item
        parts = [total(part) for part in children.get(name, ())]
        sums: dict[str, Any] = {m: sum(getattr(p, m) or 0 for p in parts) for m in members}
        return replace(item, tuples=_tuples([part.tuples for part in parts]), **sums)

    return [total(item) for item in every]


def _tuples(counts: Sequence[float]) -> float:
    """Add up row counts; -1, which says that nobody has counted, only where nobody has at all."""
    known = [count for count in counts if count >= 0]
    return sum(known) if known or not counts else -1.0
