"""What a build will take: size, temporary files, WAL, time, each with how it is known. Pure.

Whatever is not known is None, and a note says why.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, replace

from outofband.model.index import Index
from outofband.runbook.sizing.btree import PAGE, Part, index_bytes, shared_tuple_bytes, tuple_bytes
from outofband.runbook.sizing.pace import Look, Pace
from outofband.runbook.sizing.speed import Speed
from outofband.runbook.sizing.tuning import Tuning

_RUN_WORD = 4  # each tuple in a sort's temporary file is preceded by its length
_ADDRESS_ON_DISK, _ADDRESS_IN_MEMORY = 12, 24  # a row address in the sort of the validation
_WAL_SHARE = 0.91  # of a full page image only the hole in the page is left out (measured: 0.907)

_SORT_OF_ORDER_BY = 0.8
"""A build sorts index tuples, which is quicker than what ORDER BY does with rows: 0.5 to 1.1 of it
on the keys of ``bench/build.py``.
"""

_SORTED_ROW_OVERHEAD = 32  # what a sort in memory keeps beside each tuple
_OFF_BY = 1.5  # how far off the time may be beyond what the looks at the table show


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of an index that is to be built, before it is.

    ``rows`` are those in the index (None where nobody knows), ``parts`` its columns (none where
    nobody knows how wide they are); ``groups`` is how many different keys there are where equal
    ones share a tuple.
    """

    method: str
    heap_bytes: int
    rows: float | None = None
    parts: tuple[Part, ...] = ()
    groups: float | None = None
    fillfactor: int = 90
    pace: Pace | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a build will take; None is not known, and ``notes`` say why.

    ``sort_bytes`` and ``check_bytes`` are the temporary files of the build's two sorts, one after
    the other: of the keys, and of row addresses when it looks for what it missed. ``seconds`` are
    the median of some looks at the table, ``between`` what it may also be; ``method`` says how
    they were found.
    """

    size_bytes: int | None = None
    sort_bytes: int | None = None
    check_bytes: int | None = None
    wal_bytes: int | None = None
    seconds: float | None = None
    between: tuple[float, float] | None = None
    method: str = ""
    notes: tuple[str, ...] = ()

    @property
    def temp_bytes(self) -> int | None:
        """The most that temporary files hold at once."""
        if self.sort_bytes is None or self.check_bytes is None:
            return None
        return max(self.sort_bytes, self.check_bytes)


def sorted_bytes(ground: Ground) -> float | None:
    """Return how much a btree's build sorts; None where that is not known."""
    if ground.method != "btree" or ground.rows is None or not ground.parts:
        return None
    return ground.rows * (tuple_bytes(ground.parts) + _RUN_WORD)


def estimate(ground: Ground, tuning: Tuning) -> Estimate:
    """Return what a build takes when it is given these workers and this memory."""
    sort = sorted_bytes(ground)
    if ground.method != "btree":
        why = f"size and time of a {ground.method} index depend on the values: not estimated"
        return Estimate(notes=(*ground.notes, why))
    if sort is None or ground.rows is None:
        return Estimate(notes=ground.notes)
    size = index_bytes(
        ground.rows, _tuple_bytes(ground), groups=ground.groups, fillfactor=ground.fillfactor
    )
    memory = tuning.memory_kb * 1024
    spilt = sort if tuning.workers or sort * 2 > memory else 0
    checked = ground.rows * _ADDRESS_ON_DISK
    made = Estimate(
        size_bytes=round(size),
        sort_bytes=round(spilt),
        check_bytes=round(checked) if ground.rows * _ADDRESS_IN_MEMORY > memory else 0,
        wal_bytes=round(size * _WAL_SHARE * ground.fillfactor / 90),
        notes=ground.notes,
    )
    return made if ground.pace is None else _timed(made, ground, ground.pace, tuning)


def _tuple_bytes(ground: Ground) -> float:
    if ground.groups is None:
        return tuple_bytes(ground.parts)
    return shared_tuple_bytes(ground.parts)


def _timed(made: Estimate, ground: Ground, pace: Pace, tuning: Tuning) -> Estimate:
    by_look = sorted(_seconds(ground, look, pace.speed, tuning) for look in pace.looks)
    looks = f"{len(by_look)} looks" if len(by_look) > 1 else "1 look"
    pages = sum(look.heap_bytes for look in pace.looks) // PAGE
    return replace(
        made,
        seconds=statistics.median(by_look),
        between=(by_look[0] / _OFF_BY, by_look[-1] * _OFF_BY),
        method=f"by {looks} at {pages:,} pages of the table, {pace.cached:.0%} of them cached",
    )


def _seconds(ground: Ground, look: Look, speed: Speed, tuning: Tuning) -> float:
    """Return the time of a build: what its processes share, and what one does alone.

    Shared are the first reading of the table and the sort of its keys; alone are merging what was
    sorted and writing the tree, and the validation: it reads the table again, and sorts the row
    addresses that the index has.
    """
    rows, sort = ground.rows or 0.0, sorted_bytes(ground) or 0.0
    reading = look.read * ground.heap_bytes / look.heap_bytes
    sorting = _SORT_OF_ORDER_BY * look.sort * _times_as_long(rows, look, sort, tuning)
    shared = (reading + sorting) / speed.with_workers(tuning.workers)
    return shared + speed.spilt * sort + reading + speed.address * rows


def _times_as_long(rows: float, look: Look, sort_bytes: float, tuning: Tuning) -> float:
    """Return how many times as long all ``rows`` are sorted as those of a look: n log n, where n is
    what fits into the memory of one process.
    """
    if look.rows < 1 or rows < 1:
        return 0.0
    row_bytes = sort_bytes / rows + _SORTED_ROW_OVERHEAD
    at_once = min(rows, tuning.memory_kb * 1024 / row_bytes) / (tuning.workers + 1)
    return rows / look.rows * max(1.0, math.log(max(2.0, at_once), max(2.0, look.rows)))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one build of a plan will take, given the settings that it will get."""

    index: Index
    estimate: Estimate
    tuning: Tuning


def total(amounts: Iterable[float | None]) -> float | None:
    """Return the sum; None where one of the amounts is not known."""
    listed = list(amounts)
    known = [amount for amount in listed if amount is not None]
    return math.fsum(known) if listed and len(known) == len(listed) else None
