"""Watch what is run: tell whom it waits for, and give up what has waited for too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Protocol

from outofband.runbook.evidence import Evidence
from outofband.runbook.hand import Hand, Progress, StatementFailed
from outofband.runbook.rate import duration
from outofband.runbook.waiting import GivenUp, Patience, Wait, explained

_CANCELLED = "57014"


class Display(Protocol):
    """Where an operator watches; Watched says what is to be shown there."""

    def say(self, line: str) -> None:
        """Tell something that stays on the screen."""
        ...

    def show_secret(self, line: str) -> None:
        """Tell something that holds data of rows: on a terminal only, never in a log."""
        ...

    def statement(self, sql: str) -> None:
        """Show a statement as it is sent."""
        ...

    def counting(self, what: str, of: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show how many of so many are done while the block lasts."""
        ...

    def showing(self, what: str) -> AbstractContextManager[Callable[[Progress], None]]:
        """Show progress while the block lasts; the function given to it takes every look."""
        ...


class Lookout(Protocol):
    """Looks at a server process from a session of its own."""

    def watching(
        self,
        pid: int,
        see: Callable[[Progress], bool],
        say: Callable[[str], None],
        is_over: Callable[[], None],
    ) -> AbstractContextManager[None]:
        """Call ``see`` with every look at ``pid`` while the block lasts; where it answers True,
        cancel what that process runs. ``say`` is told when nobody can look, ``is_over`` when the
        process has ended or had nothing to do for seconds.
        """
        ...


@dataclass(frozen=True, slots=True)
class Patient:
    """How long a run waits: ``max_wait`` seconds for others, None without end.

    ``stopped`` is set when the operator wants the run cancelled.
    """

    max_wait: float | None = None
    stopped: Event = field(default_factory=Event)


class Watched:
    """A Screen that has what is run looked after; see the port for its methods."""

    def __init__(
        self,
        display: Display,
        lookout: Lookout,
        hand: Hand,
        patient: Patient,
        evidence: Evidence | None = None,
    ) -> None:
        self._display, self._lookout, self._hand = display, lookout, hand
        self._patient, self._evidence = patient, evidence or Evidence()
        self.show_secret, self.counting = display.show_secret, display.counting

    def say(self, line: str) -> None:
        """Tell something that stays on the screen."""
        self._display.say(line)
        self._evidence.say(line)

    def statement(self, sql: str) -> None:
        """Show a statement as it is sent."""
        self._display.statement(sql)
        self._evidence.statement(sql)

    @contextmanager
    def watching(self, what: str, pid: int) -> Iterator[Callable[[], None]]:
        """Show the progress of a server process, explain its waits, give it up after ``max_wait``.

        What this session runs is cancelled then, what another runs is only waited for no longer.
        """
        evidence = self._evidence
        watch = _Watch(self._patient, partial(self._explain, pid), ours=pid == self._hand.pid)
        with self._display.showing(what) as show:

            def see(progress: Progress) -> bool:
                show(progress)
                evidence.look(pid, progress)
                return watch.see(time.monotonic(), progress)

            try:
                with self._lookout.watching(pid, see, self.say, partial(self._is_over, pid)):
                    yield watch.check
            except StatementFailed as failed:
                evidence.failed(failed)
                if failed.sqlstate == _CANCELLED:
                    watch.check()
                raise
            finally:
                evidence.pause()

    def _is_over(self, pid: int) -> None:
        """What this session still waits for is over: the answer was lost on the way."""
        if pid == self._hand.pid:
            self._hand.sever()

    def _explain(self, pid: int, wait: Wait) -> None:
        for line in explained(wait):
            self._display.say(line)
        self._evidence.waits(pid, wait)


class _Watch:
    """What one watch has seen so far."""

    def __init__(self, patient: Patient, explain: Callable[[Wait], None], *, ours: bool) -> None:
        self._patient, self._explain, self._ours = patient, explain, ours
        self._patience = Patience()
        self._began = time.monotonic()
        self._given_up: GivenUp | None = None

    def see(self, seconds: float, progress: Progress) -> bool:
        """Take one look; tell whether what is watched is to be cancelled."""
        wait = self._patience.at(seconds, progress)
        if wait is None:
            return False
        if self._patience.is_to_be_told(wait):
            self._explain(wait)
        # Once: a second cancel could meet the session's next statement.
        if self._given_up is not None or not (self._ours and self._has_lasted(wait.seconds)):
            return False
        self._given_up = GivenUp(_given_up_why(wait), wait.lost)
        return True

    def check(self) -> None:
        """Raise GivenUp when what is watched was given up, or another's work lasts too long."""
        if self._given_up is not None:
            raise self._given_up
        if self._patient.stopped.is_set():
            raise GivenUp("cancelled by the operator")
        waited = time.monotonic() - self._began
        if not self._ours and self._has_lasted(waited):
            raise GivenUp(f"another works on it, for {duration(waited)} of waiting already")

    def _has_lasted(self, seconds: float) -> bool:
        return self._patient.max_wait is not None and seconds >= self._patient.max_wait


def _given_up_why(wait: Wait) -> str:
    whom = ", ".join(
        f"pid {b.pid}" if b.gid is None else "a prepared transaction" for b in wait.waits_for
    )
    return f"{wait.phase} took {duration(wait.seconds)}" + (f" for {whom}" if whom else "")
