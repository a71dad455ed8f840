"""How many rows a batch takes, and how long to rest after it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

TARGET_SECONDS = 0.25
"""What a batch should take: rows that the application waits for are locked for so long."""

_FIRST, _MOST = 500, 10_000
_GROWTH = 2.0
_REST = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The size of the next batch, in rows."""

    rows: int = _FIRST

    def after(self, rows: int, seconds: float) -> Pace:
        """Return the pace after a batch of ``rows`` that took ``seconds``: at most twice as fast,
        and as slow as it has to be.
        """
        factor = min(_GROWTH, TARGET_SECONDS / max(seconds, 0.001))
        # A last, short batch says nothing about larger ones.
        fitting = max(rows, self.rows) if factor > 1 else rows
        return replace(self, rows=max(1, min(_MOST, round(fitting * factor))))

    def halved(self) -> Pace:
        """Return the pace after a batch that met a lock."""
        return replace(self, rows=max(1, self.rows // 2))


def rest(seconds: float) -> float:
    """Return how long to pause after work of ``seconds``: the application has half of the time."""
    return seconds * _REST
