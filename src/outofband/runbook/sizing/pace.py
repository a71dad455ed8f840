"""How fast a table's rows are read and sorted by an index's keys, tried on a few of its pages.

What the pages cost depends on all that a constant could not know: whether they are cached, how wide
the rows are, what an expression costs, how types and collations compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from outofband.model.index import Index
from outofband.runbook.glance import Surveyor, timed
from outofband.runbook.hand import StatementFailed
from outofband.runbook.sizing.btree import PAGE
from outofband.runbook.sizing.speed import Speed

KEY = "outofband_key"
LOOKS = 3
BUDGET_SECONDS = 0.3
_PAGES, _RANGES = 1_000, 4  # of one look
_ROWS = 50_000
_FEWER = 20  # times fewer pages after a look that took too long
_LIMIT = {"statement_timeout": f"{BUDGET_SECONDS * 1000:.0f}ms"}


@dataclass(frozen=True, slots=True)
class Look:
    """One look: ``heap_bytes`` of the table, spread over all of it, and in these the ``rows`` of
    the index; the seconds it took to ``read`` them for the first time, and to ``sort`` them.
    """

    heap_bytes: int
    rows: float
    read: float
    sort: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What a few looks at different pages have told; ``cached`` is the share of these that was in
    shared buffers. ``speed`` is that of the server.
    """

    looks: tuple[Look, ...]
    speed: Speed
    cached: float = 1.0


class _Taken(NamedTuple):
    look: Look
    seconds: float
    hit: int
    read: int


def pace(
    surveyor: Surveyor, index: Index, heap_bytes: int, rows: float, speed: Speed, looks: int
) -> Pace | None:
    """Look at a table with so many ``rows`` of the index, at most ``looks`` times, until
    BUDGET_SECONDS are spent; None where it has no pages.

    Raises StatementFailed where even a few pages take longer than that.
    """
    pages = heap_bytes // PAGE
    if not pages:
        return None
    at_most = max(_RANGES, min(_PAGES, int(_ROWS * pages / max(1.0, rows))))
    try:
        taken = _looks(surveyor, index, pages, at_most, looks)
    except StatementFailed:
        taken = _looks(surveyor, index, pages, max(_RANGES, at_most // _FEWER), 1)
    hit, read = sum(each.hit for each in taken), sum(each.read for each in taken)
    return Pace(tuple(each.look for each in taken), speed, hit / max(1, hit + read))


def _looks(surveyor: Surveyor, index: Index, pages: int, each: int, looks: int) -> list[_Taken]:
    taken: list[_Taken] = []
    while len(taken) < looks and sum(one.seconds for one in taken) < BUDGET_SECONDS:
        taken.append(_look(surveyor, index, ranges(pages, each, len(taken), looks)))
    return taken


def _look(surveyor: Surveyor, index: Index, parts: list[tuple[int, int]]) -> _Taken:
    select = " UNION ALL ".join(_keys_in(index, first, end) for first, end in parts)
    order = ", ".join(str(n + 1) for n in range(len(index.keys) + 1))
    first = timed(surveyor, select, **_LIMIT)
    again = timed(surveyor, select, **_LIMIT)
    ordered = timed(surveyor, f"{select} ORDER BY {order}", **_LIMIT)
    heap = sum(end - begin for begin, end in parts) * PAGE
    sort = max(0.0, ordered.seconds - again.seconds)
    seconds = first.seconds + again.seconds + ordered.seconds
    return _Taken(Look(heap, first.rows, first.seconds, sort), seconds, first.hit, first.read)


def _keys_in(index: Index, first: int, end: int) -> str:
    """Return the select of the keys between two pages, and of what a build breaks ties by."""
    keys = ", ".join(f"({key.text}) AS {KEY}_{n}" for n, key in enumerate(index.keys))
    where = f"ctid >= '({first},0)' AND ctid < '({end},0)'"
    where += f" AND ({index.where})" if index.where else ""
    return f"SELECT {keys}, ctid AS {KEY}_row FROM ONLY {index.table} WHERE {where}"


def ranges(pages: int, each: int, look: int, looks: int) -> list[tuple[int, int]]:
    """Return the ranges of pages of one look, ``each`` pages together: those of all ``looks`` are
    spread over the table, and none is looked at twice. All of a small table are looked at each
    time.
    """
    if pages <= each:
        return [(0, pages)]
    size = min(each // _RANGES, max(1, pages // (_RANGES * looks)))
    step = pages / (_RANGES * looks)
    starts = [int((n * looks + look) * step) for n in range(_RANGES)]
    return [(first, min(pages, first + size)) for first in starts]
