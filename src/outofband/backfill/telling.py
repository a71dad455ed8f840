"""Where an operator, and whoever looks at the state, is told how far a run is."""

from __future__ import annotations

import time
from typing import Protocol

from outofband.backfill.desk import Desk
from outofband.backfill.spec import Batch, Spec
from outofband.backfill.state import State
from outofband.backfill.truth import ask_briefly
from outofband.model.progress import Progress

_SHOWN_SECONDS = 0.2
_KEPT_SECONDS = 2.0
_CHEAP_SHARE = 0.02  # of the time may go into asking how far it is


class Teller(Protocol):
    """A screen, or a log."""

    def say(self, line: str) -> None:
        """Tell something that stays."""
        ...

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        ...


class Tally:
    """Shows progress between two answers of the data by counting on from the last one.

    What is counted is for the eye alone: the data is asked again as often as that costs little, and
    by it alone a backfill is finished.
    """

    def __init__(self, desk: Desk, spec: Spec, state: State, teller: Teller) -> None:
        self._desk, self._spec, self._state, self._teller = desk, spec, state, teller
        self._told: Progress | None = None
        self._since = 0
        self._ask_at = self._show_at = self._keep_at = 0.0

    def ask(self) -> Progress | None:
        """Ask the data; None where that takes too long."""
        began = time.monotonic()
        told = ask_briefly(self._desk, self._spec)
        now = time.monotonic()
        self._ask_at = now + max(1.0, (now - began) / _CHEAP_SHARE)
        if told is not None:
            self._told, self._since = told, 0
        self._show()
        return told

    def count(self, batch: Batch) -> None:
        """Take a batch into account."""
        unit = self._told.unit if self._told else ""
        of_unit = {"rows": batch.rows, "bytes": batch.bytes}
        self._since += of_unit.get(unit, int(batch.cursor is None))
        if time.monotonic() >= self._ask_at:
            self.ask()
        elif time.monotonic() >= self._show_at:
            self._show()

    def waits(self, why: str) -> None:
        """Tell those who look at the state what it waits for."""
        self._state.show(self._told, why)

    def _show(self) -> None:
        if self._told is None:
            return
        now, told = time.monotonic(), self._told
        shown = Progress(min(told.done + self._since, told.total), told.total, told.unit)
        self._show_at = now + _SHOWN_SECONDS
        self._teller.show(shown)
        if now >= self._keep_at:
            self._keep_at = now + _KEPT_SECONDS
            self._state.show(shown)
