"""Look who is in the way of a lock before it is asked for: behind one that waits, all others wait.

A statement that would stand long is not sent. The runbook waits in its place, without any lock, and
tells for whom.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from outofband.catalog.reader import query
from outofband.model.action import Action, Detach, FinishDetach
from outofband.model.names import QualifiedName
from outofband.runbook.hand import Blocker, Progress
from outofband.runbook.waiting import BEFORE_DETACH, BEFORE_FINALIZE
from outofband.runbook.world import World

_POLL_SECONDS = 0.2
_LOOKS_ANEW_SECONDS = 1.0
_TOLERATED_SECONDS = 1.0
"""The ``lock_timeout`` of what is sent: who is done by then is in nobody's way."""
_CHOOSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a statement waits for with a lock, or in front of one: all locks on the relations, and
    where ``snapshots``, all of the database.
    """

    phase: str
    relations: tuple[QualifiedName, ...]
    snapshots: bool = False


class Way:
    """The way of one step's statements, look by look."""

    def __init__(self, step: str, world: World) -> None:
        self._step, self._world = step, world
        self._began: float | None = None
        self._met: dict[str, float] = {}

    def was_awaited(self, action: Action) -> bool:
        """Wait until nobody is in the way of an action; tell whether that took so long that the
        world is to be looked at anew. Raises GivenUp.
        """
        asked = _asked(action)
        if asked is None:
            return False
        began = time.monotonic()
        if blockers := self._in_the_way(asked):
            with self._world.screen.awaiting(self._step) as see:
                while blockers:
                    see(Progress(asked.phase, 0, 0, "", blockers))
                    self._world.patient.stopped.wait(_POLL_SECONDS)
                    blockers = self._in_the_way(asked)
        if time.monotonic() - began >= _LOOKS_ANEW_SECONDS:
            return True
        self._began, self._met = None, {}
        return False

    def _in_the_way(self, asked: _Asked) -> tuple[Blocker, ...]:
        """Return who has been there for too long. At first that is whoever was there at the last
        look; where such a moment does not come, more is tolerated, up to what the statement is.
        """
        now = time.monotonic()
        if self._began is None:
            self._began = now
        tolerated = _TOLERATED_SECONDS * min(1.0, (now - self._began) / _CHOOSY_SECONDS)
        given = {"relations": list(map(str, asked.relations)), "snapshots": asked.snapshots}
        there = {
            row["transaction"]: row for row in self._world.hand.rows(query("in_the_way"), given)
        }
        self._met = {transaction: self._met.get(transaction, now) for transaction in there}
        return tuple(
            Blocker(**{key: value for key, value in row.items() if key != "transaction"})
            for transaction, row in there.items()
            if now - self._met[transaction] >= tolerated
        )


def _asked(action: Action) -> _Asked | None:
    match action:
        case Detach(table, partition):
            return _Asked(BEFORE_DETACH, (table, partition))
        case FinishDetach(_, partition):
            return _Asked(BEFORE_FINALIZE, (partition,), snapshots=True)
        case _:
            return None
