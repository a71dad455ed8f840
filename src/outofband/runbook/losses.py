"""What lost connections come to: the session anew, or the end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from outofband.runbook.hand import SessionLost
from outofband.runbook.reaction import longest_pause

_LOSSES: Final = 5
_AWAY_SECONDS: Final = 60.0


class Losses:
    """The lost connections of one run, counted, so that it does not connect again for ever.

    ``reconnect`` opens the session anew and returns where that is now, where it was elsewhere
    before, or raises SessionLost; ``pause`` takes seconds, and answers whether the run is to end,
    as Event.wait does.
    """

    def __init__(
        self,
        reconnect: Callable[[], str],
        say: Callable[[str], None],
        pause: Callable[[float], bool | None] = time.sleep,
    ) -> None:
        self._reconnect, self._say, self._pause = reconnect, say, pause
        self._losses = 0

    def mend(self, lost: SessionLost) -> None:
        """Open the session anew. Raises SessionLost when the server stays away for longer than a
        minute or the run is to end, and ``lost`` when that was once too often.
        """
        self._losses += 1
        if self._losses > _LOSSES:
            raise lost
        self._say("the connection was lost; connecting again to see what is left")
        deadline = time.monotonic() + _AWAY_SECONDS
        attempt = 0
        while True:
            try:
                elsewhere = self._reconnect()
            except SessionLost:
                attempt += 1
                if time.monotonic() > deadline or self._pause(a_while(attempt)):
                    raise
            else:
                if elsewhere:
                    self._say(f"another server has taken over: {elsewhere}")
                return


def a_while(attempt: int) -> float:
    """Return how long to back off before an attempt is repeated, in seconds."""
    return random.uniform(0.5, 1.0) * longest_pause(attempt)
