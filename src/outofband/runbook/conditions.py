"""What has to hold before a build or a drop starts: the hour, and replicas that are near."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from outofband.catalog.reader import Reader, query
from outofband.model.action import Action, BuildIndex, RebuildIndex, Refresh, RepairIndex
from outofband.model.index import Index
from outofband.runbook.hand import Hand, Lag, Screen
from outofband.runbook.lag import MaxLag, too_far
from outofband.runbook.rate import duration
from outofband.runbook.waiting import GivenUp
from outofband.runbook.watch import Patient
from outofband.runbook.window import Hours

_POLL_SECONDS = 1.0
_AGAIN_SECONDS = 60.0


def _unknown(_: Index) -> float | None:
    return None


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a run may start work; by default at once.

    ``seconds`` estimates a build, None where nobody knows.
    """

    hours: Hours = field(default_factory=Hours)
    max_lag: MaxLag | None = None
    seconds: Callable[[Index], float | None] = _unknown
    now: Callable[[], datetime] = _now

    def not_now(self, action: Action) -> str:
        """Return why an action is not to start at this hour, empty where it is."""
        return self.hours.not_now(self.now(), self._needed(action))

    def _needed(self, action: Action) -> float | None:
        """Return the seconds that an action takes: none but for a build, or a repair, which is
        one; of what is built or refreshed anew nobody knows.
        """
        match action:
            case BuildIndex(index) | RepairIndex(index):
                return self.seconds(index)
            case RebuildIndex() | Refresh():
                return None
            case _:
                return 0.0

    def await_replicas(self, hand: Hand, screen: Screen, patient: Patient) -> bool:
        """Wait until no replica and no slot lags more than it may; tell whether that took a wait.

        Raises GivenUp where that cannot be known, or does not come within the run's patience.
        """
        if self.max_lag is None:
            return False
        began, said_at = time.monotonic(), -_AGAIN_SECONDS
        while found := too_far(lags(hand), self.max_lag):
            waited = time.monotonic() - began
            if not found.passes:
                raise GivenUp(found.why)
            if patient.max_wait is not None and waited >= patient.max_wait:
                raise GivenUp(f"{found.why}, for {duration(waited)} already")
            if waited - said_at >= _AGAIN_SECONDS:
                said_at = waited
                screen.say(f"{found.why}; nothing starts until that is over")
            if patient.stopped.wait(_POLL_SECONDS):
                raise GivenUp("cancelled by the operator")
        return time.monotonic() - began >= _POLL_SECONDS


def lags(reader: Reader) -> tuple[Lag, ...]:
    """Return how far replicas and slots are behind, the farthest first."""
    return tuple(Lag(**row) for row in reader.rows(query("lag")))
