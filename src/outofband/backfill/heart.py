"""Renew the lease of the unit in work, while a batch lasts long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from outofband.backfill.desk import Desk
from outofband.backfill.state import LEASE_SECONDS, Claim, State
from outofband.errors import OutofbandError
from outofband.runbook.hand import SessionLost

OpenDesk = Callable[[], AbstractContextManager[Desk]]


class Heart:
    """Beats for one unit at a time, three times a lease, in a session of its own.

    Where that cannot be had the lease ends, and whoever takes the unit over commits it alone.
    """

    def __init__(self, open_desk: OpenDesk) -> None:
        self._open = open_desk
        self._over = threading.Event()
        self._held: tuple[State, Claim] | None = None

    def hold(self, state: State, claim: Claim) -> None:
        """Beat for a unit from now on."""
        self._held = state, claim

    def let_go(self) -> Claim | None:
        """Beat for none; return what was held."""
        held, self._held = self._held, None
        return held[1] if held else None

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat while the block runs."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(LEASE_SECONDS / 3)

    def _run(self) -> None:
        while not self._over.wait(LEASE_SECONDS / 3):
            held = self._held
            if held is None:
                continue
            state, claim = held
            # The next beat is another try; a lease has room for two that fail.
            with suppress(OutofbandError, SessionLost), self._open() as desk:
                state.beat(claim, desk)
