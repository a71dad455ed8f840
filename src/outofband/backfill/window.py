"""How many rows the next batch takes, so that it takes as long as it should. Pure.

Locks of a batch are held for as long as it lasts, and an index that is built concurrently waits for
it. The time of a row is a moving average, as in GitLab's batched background migrations: a single
slow batch does not bring the size down, a run of them does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outofband.backfill.limits import Limits
from outofband.backfill.spec import Batch, Size

_WEIGHT = 0.4
_GROWTH = 1.2
_AIM = 0.9  # of the target, so that half of the batches are not over it
_SHORTEST_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Window:
    """The next batch is of so many ``rows``; a row takes ``seconds`` and ``bytes`` on average, None
    before the first batch.
    """

    limits: Limits
    rows: int
    seconds: float | None = None
    bytes: float | None = None

    @classmethod
    def of(cls, limits: Limits, rows: int | None = None) -> Window:
        """Begin with the ``rows`` that an earlier run has found to be right, or carefully."""
        return cls(limits, _within(rows or limits.first_rows, limits))

    @property
    def size(self) -> Size:
        """What the next batch may take."""
        return Size(self.rows, self.limits.most_bytes)

    def after(self, batch: Batch, seconds: float) -> Window:
        """Return the window after a batch that took so long: at most a fifth larger, as much
        smaller as it has to be.
        """
        if batch.rows <= 0:
            return self
        lasted = max(seconds, _SHORTEST_SECONDS)
        per_row = _average(self.seconds, lasted / batch.rows)
        per_bytes = _average(self.bytes, batch.bytes / batch.rows)
        fitting = self.limits.target_seconds * _AIM / per_row
        if per_bytes > 0:
            fitting = min(fitting, self.limits.most_bytes / per_bytes)
        # A last, short batch says how long a row takes, and nothing about larger ones.
        rows = _within(round(min(fitting, self.rows * _GROWTH + 1)), self.limits)
        return replace(self, rows=rows, seconds=per_row, bytes=per_bytes)

    def halved(self) -> Window:
        """Return the window after a batch that met a timeout, a lock or a deadlock."""
        return replace(self, rows=_within(self.rows // 2, self.limits))

    @property
    def rows_per_second(self) -> float | None:
        """How many rows are done in a second of work."""
        return 1 / self.seconds if self.seconds else None

    @property
    def bytes_per_second(self) -> float | None:
        """How many bytes are moved in a second of work."""
        return self.bytes / self.seconds if self.seconds and self.bytes else None


def _average(before: float | None, now: float) -> float:
    return now if before is None else before + _WEIGHT * (now - before)


def _within(rows: int, limits: Limits) -> int:
    return max(1, min(rows, limits.most_rows))
