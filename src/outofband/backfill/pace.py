"""Whether the next batch may start, by what the server says: go, or wait, for how long and why.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outofband.backfill.limits import Limits
from outofband.runbook.hand import Lag
from outofband.runbook.lag import MaxLag, too_far
from outofband.runbook.rate import duration

_SHORTEST, _LONGEST = 1.0, 60.0
_HIDDEN = "GRANT pg_monitor to it, or let Limits(bears_hidden_lag=True) of the spec go on without"


@dataclass(frozen=True, slots=True)
class Signals:
    """One look at the server.

    ``vacuum`` and ``build`` are the server processes that vacuum the table and that build an index
    on it; ``lock_waits`` are sessions that wait for a lock on it which our next batch would keep
    them from. ``unarchived`` counts WAL segments, None where nothing is archived.
    ``transaction_seconds`` is the age of the oldest transaction of the database that this role may
    see. ``own_lock_waits`` are the latest batches in a row that ended by a lock.
    """

    vacuum: int | None = None
    build: int | None = None
    lock_waits: int = 0
    unarchived: int | None = None
    transaction_seconds: float | None = None
    lags: tuple[Lag, ...] = ()
    own_lock_waits: int = 0


@dataclass(frozen=True, slots=True)
class Go:
    """The next batch may start."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It may not, for so many ``seconds``, and why."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Pace:
    """Remembers how often it has said to wait: each time for twice as long, 1 s to 60 s."""

    limits: Limits
    waited: int = 0

    def next(self, signals: Signals) -> tuple[Go | Wait, Pace]:
        """Decide by one look; return what the next decision starts from, too."""
        why = reason(signals, self.limits)
        if not why:
            return Go(), replace(self, waited=0)
        times = max(self.waited, signals.own_lock_waits - 1)
        seconds = min(_LONGEST, _SHORTEST * 2.0**times)
        return Wait(seconds, why), replace(self, waited=min(self.waited + 1, 6))


def rest(cpu: float | None, limits: Limits, seconds: float) -> float:
    """Return how long to rest after ``seconds`` in which this process has had the share ``cpu`` of
    a core, None where that is not known.
    """
    if limits.max_cpu is None or cpu is None or cpu <= limits.max_cpu:
        return 0.0
    return seconds * (cpu / limits.max_cpu - 1)


def borne(signals: Signals, limits: Limits) -> str:
    """Return of which lags nothing is known and which are borne, in words; empty for none."""
    hidden = [lag.name for lag in signals.lags if lag.hidden and lag.bytes is None]
    if limits.max_lag_bytes is None or not (hidden and limits.bears_hidden_lag):
        return ""
    return f"goes on though it is hidden from this role how far they lag: {', '.join(hidden)}"


def reason(signals: Signals, limits: Limits) -> str:
    """Return what speaks against the next batch, in words; empty where nothing does.

    What others wait for comes first: an index that is built waits for our transactions.
    """
    if signals.build is not None:
        return f"pid {signals.build} builds or drops an index on the table"
    if signals.lock_waits:
        return f"sessions that wait for a lock on the table: {signals.lock_waits}"
    if signals.own_lock_waits:
        return (
            f"batches in a row that met a lock, a timeout or a deadlock: {signals.own_lock_waits}"
        )
    if signals.vacuum is not None and limits.yield_to_autovacuum:
        return f"pid {signals.vacuum} vacuums or analyzes the table"
    return _of_the_server(signals, limits)


def _of_the_server(signals: Signals, limits: Limits) -> str:
    if limits.max_lag_bytes is not None:
        lags = [lag for lag in signals.lags if not (lag.hidden and limits.bears_hidden_lag)]
        if found := too_far(lags, MaxLag(bytes=limits.max_lag_bytes), "max_lag_bytes"):
            return found.why if found.passes else f"{found.why}; {_HIDDEN}"
    unarchived, most = signals.unarchived, limits.max_unarchived
    if unarchived is not None and most is not None and unarchived > most:
        return f"WAL segments that wait for the archive: {unarchived:,}, over {most:,}"
    age, oldest = signals.transaction_seconds, limits.max_transaction_seconds
    if age is not None and oldest is not None and age > oldest:
        return (
            f"a transaction has been open for {duration(age)}, over {duration(oldest)}: until it"
            " ends no VACUUM removes what the batches leave"
        )
    return ""
