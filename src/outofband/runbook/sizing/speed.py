"""How fast a server does small amounts of what a build does in large ones, and what workers add.

Nothing of this reads a table. It takes the server about a fifth of a second, most of it for the
workers: each process sorts a hundred thousand numbers, first in turn, then at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from outofband.runbook.glance import Surveyor, timed
from outofband.runbook.hand import StatementFailed

_NUMBERS = 100_000


def _numbers(count: int) -> str:
    return f"SELECT (n * 7919 % 100003)::int8 AS a FROM generate_series(1, {count}) AS n"


_LONG_ROWS = 40_000
_LONG = f"SELECT n, repeat('x', 64) AS x FROM generate_series(1, {_LONG_ROWS}) AS n"
_LONG_ROW_BYTES = 80  # what a sort's temporary file takes for one

_TIMES = 3
_LEAST_TRIED = 2  # with one worker alone the planner does not always use it
_AT_ANY_COST = {
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
}


@dataclass(frozen=True, slots=True)
class Speed:
    """What a server does just now: seconds to sort one row ``address``, and for each ``spilt`` byte
    that goes through the temporary files of a sort.

    With ``workers`` beside it, which were free, a process and they sorted ``shared`` times as fast.
    """

    address: float
    spilt: float
    workers: int = 0
    shared: float = 1.0

    def with_workers(self, workers: int) -> float:
        """Return how many times as fast a build is with them as alone."""
        return 1.0 if not workers else max(1.0, min(workers + 1.0, self.shared))


def measure(surveyor: Surveyor, workers: int) -> Speed | None:
    """Find out how fast a server is, alone and with ``workers``; None where it does not finish."""
    numbers = _numbers(_NUMBERS)
    try:
        address = _least(surveyor, f"{numbers} ORDER BY a") - _least(surveyor, numbers)
        spilt = _least(surveyor, f"{_LONG} ORDER BY n", work_mem="1MB") - _least(surveyor, _LONG)
        free, shared = _shared(surveyor, workers) if workers else (0, 1.0)
    except StatementFailed:
        return None
    per_byte = max(0.0, spilt) / (_LONG_ROWS * _LONG_ROW_BYTES)
    return Speed(max(0.0, address) / _NUMBERS, per_byte, free, shared)


def _least(surveyor: Surveyor, select: str, **settings: str) -> float:
    return min(timed(surveyor, select, **settings).seconds for _ in range(_TIMES))


def _shared(surveyor: Surveyor, workers: int) -> tuple[int, float]:
    """Return how many of the workers started, and how many times as fast the work was with them,
    less what starting them takes.
    """
    asked = max(_LEAST_TRIED, workers)
    beside = _AT_ANY_COST | {"max_parallel_workers_per_gather": str(asked)}
    alone = timed(surveyor, _sorts(asked + 1, _NUMBERS)).seconds
    starting = _least(surveyor, _sorts(asked + 1, 1), **beside)
    tries = [timed(surveyor, _sorts(asked + 1, _NUMBERS), **beside) for _ in range(_TIMES)]
    working = min(tried.seconds for tried in tries) - starting
    free = max(tried.launched for tried in tries)
    shared = alone / max(working, alone / (asked + 1))
    return min(free, workers), shared if free else 1.0


def _sorts(processes: int, numbers: int) -> str:
    """Return the select with a sort for each process."""
    sort = f"{_numbers(numbers)} ORDER BY a"
    sorts = [f"SELECT count(a) AS n FROM ({sort}) AS part_{n}" for n in range(processes)]
    return f"SELECT sum(n) FROM ({' UNION ALL '.join(sorts)}) AS parts"
