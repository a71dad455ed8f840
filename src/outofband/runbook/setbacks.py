"""What failures and lost connections come to: another try after a pause, or the end."""

from __future__ import annotations

import random
import time
from collections import Counter

from outofband.model.statements import Action
from outofband.runbook.hand import SessionLost, StatementFailed
from outofband.runbook.reaction import Reaction, longest_pause, reaction
from outofband.runbook.world import World

LOCK_NOT_FREE = "55P03"
_RETRIES = {LOCK_NOT_FREE: 60}
_OTHER_RETRIES = 10
_LOSSES = 5
_AWAY_SECONDS = 60.0


class Setbacks:
    """The setbacks of one step, counted, so that nothing is tried again for ever."""

    def __init__(self, world: World) -> None:
        self._world = world
        # What ends a step is failing at one thing again and again, however many partitions it has.
        self._failures: Counter[tuple[str, Action | None]] = Counter()
        self._losses = 0

    def is_tried_again(self, failed: StatementFailed, action: Action | None) -> bool:
        """Tell whether another try may help; where it may, a pause has been made."""
        code = failed.sqlstate
        self._failures[code, action] += 1
        allowed = _RETRIES.get(code, _OTHER_RETRIES)
        if reaction(code) is not Reaction.RETRY or self._failures[code, action] > allowed:
            return False
        self._world.screen.say(f"{failed.what}; trying again")
        _pause(self._failures[code, action])
        return True

    def reconnect(self, lost: SessionLost) -> None:
        """Open the session anew. Raises SessionLost when the server stays away for longer than a
        minute, and ``lost`` when that was once too often.
        """
        self._losses += 1
        if self._losses > _LOSSES:
            raise lost
        self._world.screen.say("the connection was lost; connecting again to see what is left")
        deadline = time.monotonic() + _AWAY_SECONDS
        attempt = 0
        while True:
            try:
                return self._world.hand.reconnect()
            except SessionLost:
                if time.monotonic() > deadline:
                    raise
            attempt += 1
            _pause(attempt)


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0.5, 1.0) * longest_pause(attempt))
