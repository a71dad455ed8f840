"""What a build will take: size, temporary files, WAL, time, each with how it is known. Pure.

Whatever is not known is None, and a note says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from outofband.model.index import Index
from outofband.runbook.btree import Part, index_bytes, shared_tuple_bytes, tuple_bytes
from outofband.runbook.tuning import Tuning

_RUN_WORD = 4  # each tuple in a sort's temporary file is preceded by its length
_ADDRESS_ON_DISK, _ADDRESS_IN_MEMORY = 12, 24  # a row address in the sort of the validation
_WAL_SHARE = 0.91  # of a full page image only the hole in the page is left out (measured: 0.907)
_WORKER_COUNTS = 0.5  # nobody tells how many cores there are for it

# Fitted on PostgreSQL 18 to 32 builds of 16 kinds of index, in CPU seconds of the server process.
# A build sorts index tuples, which is quicker than what ORDER BY does with rows.
_SORT_OF_ORDER_BY = 0.7
_SECONDS_PER_BYTE_WRITTEN = 3.1e-9
_SECONDS_PER_ROW_CHECKED = 20e-9
_SECONDS_TO_START = 0.05
_REFERENCE_SECONDS = 0.025
"""What sorting a hundred thousand numbers took on the machine where those were fitted."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a part of the table was read and sorted by the index's keys just now.

    ``read`` and ``sort`` are seconds for ``rows`` rows of the index in ``heap_bytes`` of the table;
    ``reference`` is how long the server took for a fixed amount of work.
    """

    heap_bytes: int
    rows: float
    read: float
    sort: float
    reference: float


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
    the other: of the keys, and of row addresses when it looks for what it missed.
    """

    size_bytes: int | None = None
    sort_bytes: int | None = None
    check_bytes: int | None = None
    wal_bytes: int | None = None
    seconds: float | None = None
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
    return Estimate(
        size_bytes=round(size),
        sort_bytes=round(spilt),
        check_bytes=round(checked) if ground.rows * _ADDRESS_IN_MEMORY > memory else 0,
        wal_bytes=round(size * _WAL_SHARE * ground.fillfactor / 90),
        seconds=_seconds(ground, size, tuning),
        notes=ground.notes,
    )


def _tuple_bytes(ground: Ground) -> float:
    if ground.groups is None:
        return tuple_bytes(ground.parts)
    return shared_tuple_bytes(ground.parts)


def _seconds(ground: Ground, size: float, tuning: Tuning) -> float | None:
    """Return the time of a build: what its processes share, and what one does alone.

    Shared are the first reading of the table and the sort; alone are loading the tree, and the
    validation, which reads index and table again.
    """
    pace, rows = ground.pace, ground.rows
    if pace is None or rows is None:
        return None
    speed = pace.reference / _REFERENCE_SECONDS
    reading = pace.read * ground.heap_bytes / pace.heap_bytes
    sorting = _SORT_OF_ORDER_BY * pace.sort * rows / pace.rows if pace.rows else 0.0
    writing = speed * _SECONDS_PER_BYTE_WRITTEN * size
    checking = reading + speed * _SECONDS_PER_ROW_CHECKED * rows
    shared = (reading + sorting) / (1 + _WORKER_COUNTS * tuning.workers)
    return speed * _SECONDS_TO_START + shared + writing + checking


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
