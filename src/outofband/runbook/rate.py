"""How fast a phase goes and how long it may still take, from the looks at it so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.runbook.hand import Progress


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
