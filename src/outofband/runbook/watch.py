"""Watch what is run: tell whom it waits for, and give up what has waited for too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Protocol

from outofband.catalog.facts import APPLICATION_PREFIX, IN_UPGRADE, WATCHER_PREFIX
from outofband.catalog.reader import query
from outofband.model.sqlstates import QUERY_CANCELED
from outofband.runbook.evidence import Evidence
from outofband.runbook.hand import Hand, Progress, StatementFailed
from outofband.runbook.rate import duration
from outofband.runbook.waiting import GivenUp, Patience, Wait, explained

_BY_OPERATOR = "cancelled by the operator"
_ENDED_SECONDS = 10.0
_POLL_SECONDS = 0.05


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

    def showing(
        self, what: str, done: str = "done in", failed: str = "failed after"
    ) -> AbstractContextManager[Callable[[Progress], None]]:
        """Show progress while the block lasts; the function given to it takes every look, and
        ``done`` and ``failed`` are the words before the time it took.
        """
        ...


class Lookout(Protocol):
    """Looks at a server process from a session of its own."""

    def watching(
        self,
        pid: int,
        see: Callable[[Progress], bool],
        say: Callable[[str], None],
        *,
        sever: Callable[[], None] | None,
    ) -> AbstractContextManager[None]:
        """Call ``see`` with every look at ``pid`` while the block lasts; where it answers True,
        cancel what that process runs. ``say`` is told when nobody can look.

        ``sever`` breaks the connection of a process of ours, None is another's. It is called when
        that process has ended, or had nothing to do for seconds: its answer was lost on the way.
        That ours is looked after is shown to other runs, which then leave it alone.
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
        self.showing = display.showing

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

        What this session runs is cancelled then, and so is what an earlier run has left; what
        another runs is only waited for no longer.
        """
        evidence, ours = self._evidence, pid == self._hand.pid
        left = None if ours else partial(self._cancel_left_behind, pid)
        watch = _Watch(self._patient, partial(self._explain, pid), left)
        with self._display.showing(what) as show:

            def see(progress: Progress) -> bool:
                show(progress)
                evidence.look(pid, progress)
                return watch.see(time.monotonic(), progress)

            try:
                sever = self._hand.sever if ours else None
                with self._lookout.watching(pid, see, self.say, sever=sever):
                    yield watch.check
            except StatementFailed as failed:
                evidence.failed(failed)
                if failed.sqlstate == QUERY_CANCELED:
                    watch.check()
                raise
            finally:
                evidence.pause()

    @contextmanager
    def awaiting(self, what: str) -> Iterator[Callable[[Progress], None]]:
        """Show and explain whom this session waits for before it sends anything, and give it up
        after ``max_wait``.
        """
        pid, evidence = self._hand.pid, self._evidence
        watch = _Watch(self._patient, partial(self._explain, pid), None)
        with self._display.showing(what, "waited", "given up after") as show:

            def see(progress: Progress) -> None:
                show(progress)
                evidence.look(pid, progress)
                watch.see(time.monotonic(), progress)
                watch.check()

            try:
                yield see
            finally:
                evidence.pause()

    def _explain(self, pid: int, wait: Wait) -> None:
        for line in explained(wait):
            self._display.say(line)
        self._evidence.waits(pid, wait)

    def _cancel_left_behind(self, pid: int, given_up: GivenUp | None) -> bool:
        """Tell whether an earlier run has left it; if so, and it is ``given_up``, cancel it."""
        named = {"ours": APPLICATION_PREFIX, "upgrade": IN_UPGRADE}
        asked = {"pid": pid, "watcher": f"{WATCHER_PREFIX}{pid}", **named}
        if not self._hand.rows(query("left_behind"), asked):
            return False
        if given_up is not None:
            self.say(f"the build that pid {pid} goes on with is {given_up}")
            self._end(pid)
        return True

    def _end(self, pid: int) -> None:
        """Cancel what has no client any more, whose process ends with it."""
        deadline = time.monotonic() + _ENDED_SECONDS
        self._hand.rows("SELECT pg_cancel_backend(%(pid)s)", {"pid": pid})
        lives = "SELECT FROM pg_stat_activity WHERE pid = %(pid)s"
        while self._hand.rows(lives, {"pid": pid}) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


class _Watch:
    """What one watch has seen so far.

    ``cancel_left`` is for what another session runs: it tells whether an earlier run has left it,
    and cancels it then if it is given up.
    """

    def __init__(
        self,
        patient: Patient,
        explain: Callable[[Wait], None],
        cancel_left: Callable[[GivenUp | None], bool] | None,
    ) -> None:
        self._patient, self._explain, self._cancel_left = patient, explain, cancel_left
        self._patience = Patience()
        self._began = time.monotonic()
        self._wait: Wait | None = None
        self._given_up: GivenUp | None = None

    def see(self, seconds: float, progress: Progress) -> bool:
        """Take one look; tell whether what is watched is to be cancelled."""
        self._wait = wait = self._patience.at(seconds, progress)
        if wait is None:
            return False
        if self._patience.is_to_be_told(wait):
            self._explain(wait)
        # Once: a second cancel could meet the session's next statement.
        ours = self._cancel_left is None
        if self._given_up is not None or not (ours and self._has_lasted(wait.seconds)):
            return False
        self._given_up = GivenUp(_given_up_why(wait), wait.lost)
        return True

    def check(self) -> None:
        """Raise GivenUp when what is watched was given up, or another's work lasts too long."""
        if self._given_up is not None:
            raise self._given_up
        waited = time.monotonic() - self._began
        stopped = self._patient.stopped.is_set()
        if self._cancel_left is not None and (stopped or self._has_lasted(waited)):
            # Of a build that was left only its waits count, of another's all the time it takes.
            given_up = self._left_given_up(stopped=stopped)
            left = self._cancel_left(given_up)
            if left and given_up is not None:
                raise given_up
            if not left and not stopped:
                raise GivenUp(f"another works on it, for {duration(waited)} of waiting already")
        if stopped:
            raise GivenUp(_BY_OPERATOR)

    def _left_given_up(self, *, stopped: bool) -> GivenUp | None:
        """Return why a build that was left is to be given up; None while it is not."""
        wait = self._wait
        lost = wait.lost if wait else ""
        if stopped:
            return GivenUp(_BY_OPERATOR, lost, left_behind=True)
        if wait is None or not self._has_lasted(wait.seconds):
            return None
        return GivenUp(_given_up_why(wait), lost, left_behind=True)

    def _has_lasted(self, seconds: float) -> bool:
        return self._patient.max_wait is not None and seconds >= self._patient.max_wait


def _given_up_why(wait: Wait) -> str:
    whom = ", ".join(
        f"pid {b.pid}" if b.gid is None else "a prepared transaction" for b in wait.waits_for
    )
    return f"{wait.phase} took {duration(wait.seconds)}" + (f" for {whom}" if whom else "")
