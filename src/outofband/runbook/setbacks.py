"""What failures come to: another try after a pause, or the end."""

from __future__ import annotations

import time
from collections import Counter

from outofband.model.action import Action
from outofband.model.sqlstates import LOCK_NOT_AVAILABLE
from outofband.runbook.hand import StatementFailed
from outofband.runbook.losses import a_while
from outofband.runbook.reaction import MOVED, Reaction, reaction
from outofband.runbook.world import World

_RETRIES = {LOCK_NOT_AVAILABLE: 60, **dict.fromkeys(MOVED, 2)}
_OTHER_RETRIES = 10


class Setbacks:
    """The setbacks of one step, counted, so that nothing is tried again for ever."""

    def __init__(self, world: World) -> None:
        self._world = world
        # What ends a step is failing at one thing again and again, however many partitions it has.
        self._failures: Counter[tuple[str, Action | None]] = Counter()

    def is_tried_again(self, failed: StatementFailed, action: Action | None) -> bool:
        """Tell whether another try may help; where it may, a pause has been made."""
        code = failed.sqlstate
        self._failures[code, action] += 1
        allowed = _RETRIES.get(code, _OTHER_RETRIES)
        if reaction(code) is not Reaction.RETRY or self._failures[code, action] > allowed:
            return False
        self._world.screen.say(f"{failed.what}; trying again")
        time.sleep(a_while(self._failures[code, action]))
        return True
