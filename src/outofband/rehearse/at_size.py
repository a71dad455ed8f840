"""How long a statement, and the locks of its transaction, would last at production's size.

What a statement does to a table was seen; how large the table is says the stats file; how fast the
like of it goes is measured with all of the table in memory, so that what comes out is a least.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from outofband.rehearse.trace import Lock, Traced
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.statement import (
    CreateMaterializedView,
    CreateTableAs,
    Query,
    RefreshMaterializedView,
    Statement,
)
from outofband_lint.stats import Stats, shown_size

_SCAN, _INDEX, _REWRITE, _CHANGE = 500e6, 200e6, 130e6, 70e6
"""Bytes of a table each second, in PostgreSQL 18 on two cores, 3 million rows of 128 bytes in
memory: a check of every row (490 to 510 MB), an index built (100 to 420, by its keys), all rows
written to a new file (120 to 140), all rows updated in place (55 to 85)."""


@dataclass(frozen=True, slots=True)
class Duration:
    """For how many seconds, where the size of a table counts at least, and in words how that is
    known; ``method`` is empty where no size counts, and it was measured here.
    """

    seconds: float
    method: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A lock, the statement that takes it, and for how long it lasts then, to the end of the
    transaction: ``duration`` is None where a table's size is not known.
    """

    lock: Lock
    statement: Traced
    duration: Duration | None

    @property
    def stops(self) -> bool:
        """Whether reads or writes of the table wait for it."""
        return self.lock.mode.conflicts_with(LockMode.ROW_EXCLUSIVE)


def duration(traced: Traced, stats: Stats) -> Duration | None:
    """Return how long a statement lasts at production's size, None where that is not known.

    One that did not read or write a table from end to end lasts as long as here.
    """
    works = [*_works(traced)]
    if not works:
        return Duration(traced.seconds, "")
    sizes: dict[tuple[str, float], dict[QualifiedName, int]] = {}
    for table, verb, rate in works:
        relation = stats.of(table)
        if relation is None:
            return None
        sizes.setdefault((verb, rate), {})[table] = relation.bytes
    seconds = sum(sum(tables.values()) / rate for (_, rate), tables in sizes.items())
    return Duration(seconds, ", ".join(_told(*work, tables) for work, tables in sizes.items()))


def _told(verb: str, rate: float, sizes: Mapping[QualifiedName, int]) -> str:
    """Say what one kind of work goes over; of many tables, such as partitions, the sum."""
    names, size = [table.name for table in sizes], shown_size(sum(sizes.values()))
    more = f" and {len(names) - 2} more tables" if len(names) > 3 else ""
    of = ", ".join(names[:2] if more else names) + more
    return f"{size} of {of} {verb} at {shown_size(rate)} a second"


def holds(statements: Sequence[Traced], stats: Stats) -> Iterator[Hold]:
    """Yield the locks of a run, in order, but those of operations of ours: they take them in the
    deploy only where that is short.
    """
    for _, group in groupby(statements, key=lambda traced: traced.transaction):
        run = [*group]
        lasting = _to_the_end([duration(traced, stats) for traced in run])
        for traced, lasts in zip(run, lasting, strict=True):
            for lock in () if traced.out_of_band else traced.locks:
                yield Hold(lock, traced, lasts)


def _works(traced: Traced) -> Iterator[tuple[QualifiedName, str, float]]:
    """Yield what was read or written from end to end, the verb, and how fast that goes."""
    yield from ((table, "written anew", _REWRITE) for table in traced.rewritten)
    builds = bool(traced.created or traced.rebuilt)
    if builds and traced.seeing == "parked" and not traced.scanned:
        yield from ((lock.table, "indexed", _INDEX) for lock in traced.locks)
    yield from _scans(traced, builds=builds) if traced.scanned else ()


def _scans(traced: Traced, *, builds: bool) -> Iterator[tuple[QualifiedName, str, float]]:
    statements = read(traced.sql)
    changed = {*_changed(traced, statements)}
    builds = builds and not any(isinstance(each, _COPIES) for each in statements)
    for table in traced.scanned:
        if table in changed:
            yield table, "changed", _CHANGE
        elif builds:
            yield table, "indexed", _INDEX
        else:
            yield table, "read", _SCAN


_COPIES = CreateTableAs | CreateMaterializedView | RefreshMaterializedView
"""What makes something that holds what a query gives: the tables that are read get no index."""


def _changed(traced: Traced, statements: Iterable[Statement]) -> Iterator[QualifiedName]:
    """Yield the tables whose rows it changed: their locks tell, and of what the transaction had
    locked before, the text.
    """
    new = {lock.table: lock.mode for lock in traced.locks}
    queries = (each for each in statements if isinstance(each, Query))
    changes = any(write.verb != "insert" for each in queries for write in each.writes)
    for table in traced.scanned:
        if new.get(table) is LockMode.ROW_EXCLUSIVE or (changes and table not in new):
            yield table


def _to_the_end(durations: Sequence[Duration | None]) -> list[Duration | None]:
    """Return how long each statement, and those behind it, last in all: from the last one on, since
    there may be thousands.
    """
    found: list[Duration | None] = []
    all_of_it: Duration | None = Duration(0.0, "")
    methods: list[str] = []
    for each in reversed(durations):
        if each is not None and each.method:
            methods = [each.method, *(method for method in methods if method != each.method)]
        if each is None or all_of_it is None:
            all_of_it = None
        else:
            told = "; ".join(methods) if each.method else all_of_it.method
            all_of_it = Duration(each.seconds + all_of_it.seconds, told)
        found.append(all_of_it)
    return found[::-1]
