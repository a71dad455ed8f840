"""Whether replicas are near enough for a build to start. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outofband.runbook.amount import size
from outofband.runbook.hand import Lag
from outofband.runbook.rate import duration


@dataclass(frozen=True, slots=True)
class MaxLag:
    """The most that a replica or slot may be behind, in bytes of WAL or in seconds."""

    bytes: int | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return duration(self.seconds) if self.seconds is not None else size(self.bytes or 0)


@dataclass(frozen=True, slots=True)
class TooFar:
    """A replica or slot that lags more, or might: ``passes`` where waiting may help."""

    why: str
    passes: bool


def too_far(lags: Iterable[Lag], most: MaxLag, bound: str = "--max-lag") -> TooFar | None:
    """Return what keeps work from starting, None where nothing does; ``bound`` is what the limit is
    called where it is given.

    What cannot be known counts as too far: a role without pg_monitor is not shown where a replica
    is, and Postgres tells no time for a slot that nobody reads (before 17).
    """
    found = [f for lag in lags if (f := _too_far(lag, most, bound)) is not None]
    return min(found, key=lambda f: f.passes, default=None)


def _too_far(lag: Lag, most: MaxLag, bound: str) -> TooFar | None:
    behind = lag.bytes if most.bytes is not None else lag.seconds
    limit = most.bytes if most.bytes is not None else most.seconds
    assert limit is not None
    if behind is None and lag.hidden:
        return TooFar(f"how far {lag.name} lags is hidden from a role without pg_monitor", False)
    if behind is None and lag.idle:
        why = f"{lag.name} is read by nobody, so that its lag is known in bytes alone"
        return TooFar(why, False)
    if behind is None:
        return TooFar(f"{lag.name} has not told yet how far it lags", True)
    if behind <= limit:
        return None
    told = size(int(behind)) if most.bytes is not None else duration(behind)
    return TooFar(f"{lag.name} lags {told}, over the {most} of {bound}", True)
