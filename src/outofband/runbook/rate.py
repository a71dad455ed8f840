"""How fast a phase goes, how long it may still take, and what a build has cost since it began, from
the looks at it so far. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from outofband.runbook.hand import Burden, Lag, Progress


@dataclass(frozen=True, slots=True)
class Pace:
    """``per_second`` counts the phase's unit; ``seconds_left`` is of this phase. None while
    unknown.
    """

    per_second: float | None = None
    seconds_left: float | None = None


@dataclass(slots=True)
class Rate:
    """Remembers where the present phase began."""

    phase: str = ""
    started: float = 0.0
    done_then: int = 0

    def at(self, seconds: float, progress: Progress) -> Pace:
        """Return the pace at a moment of a monotonic clock."""
        if progress.phase != self.phase or progress.done < self.done_then:
            self.phase, self.started, self.done_then = progress.phase, seconds, progress.done
            return Pace()
        elapsed, done = seconds - self.started, progress.done - self.done_then
        if elapsed <= 0 or done <= 0 or not progress.total:
            return Pace()
        per_second = done / elapsed
        return Pace(per_second, max(0.0, (progress.total - progress.done) / per_second))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a build has cost everybody else so far.

    It has kept a snapshot for ``held_seconds``, while ``held_transactions`` began: what they
    deleted no VACUUM removes. ``wal_bytes`` were written since it began, by everybody.
    """

    held_seconds: float
    held_transactions: int
    wal_bytes: int
    lag: Lag | None = None


@dataclass(slots=True)
class Meter:
    """Remembers where the WAL stood when the build began, and since when a snapshot is kept."""

    wal_then: int | None = None
    held_since: float | None = None

    def at(self, seconds: float, burden: Burden) -> Cost:
        """Return the cost at a moment of a monotonic clock."""
        self.wal_then = burden.wal_bytes if self.wal_then is None else self.wal_then
        if burden.held_transactions is None:
            self.held_since = None
        elif self.held_since is None:
            self.held_since = seconds
        held = 0.0 if self.held_since is None else seconds - self.held_since
        written = burden.wal_bytes - self.wal_then
        return Cost(held, burden.held_transactions or 0, written, burden.lag)


def duration(seconds: float) -> str:
    """Return a duration for people: 0.4 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
