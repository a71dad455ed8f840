"""What is kept of a run: events as they come, and a line of the journal where a step begins and
ends. Evidence only; nothing is decided by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from outofband.catalog.reader import query
from outofband.errors import OutofbandError
from outofband.runbook.events import (
    Event,
    Failure,
    Message,
    Outcome,
    PhaseStarted,
    ProgressMade,
    Record,
    Sizes,
    StatementSent,
    StepEnded,
    StepName,
    StepStarted,
    Waiting,
)
from outofband.runbook.hand import Hand, Progress, SessionLost, StatementFailed
from outofband.runbook.journal import Journal
from outofband.runbook.plan import PlannedStep
from outofband.runbook.waiting import Wait, remedy

_PROGRESS_SECONDS = 10.0


def _ignore(_: Event) -> None:
    return


class Evidence:
    """Takes down the steps that one session takes, one after the other.

    Every event goes to ``emit``, and where a ``journal`` is kept, steps go there too. ``running``
    is the step whose turn it is.
    """

    def __init__(
        self, emit: Callable[[Event], None] = _ignore, journal: Journal | None = None
    ) -> None:
        self.emit, self._journal = emit, journal
        self._step = StepName("", "", "", "")
        self.running: StepName | None = None
        self._failure: StatementFailed | None = None
        self._record, self._before, self._began = Record(), Sizes(), 0.0
        self._told_at = -_PROGRESS_SECONDS

    def begin(self, step: StepName, state: str, hand: Hand) -> None:
        """Take down that a step's turn begins, and where it stands."""
        self._step = step
        self._record, self._before = Record(), _sizes(hand, self._step.table)
        self._began, self.running = time.monotonic(), self._step
        self.emit(StepStarted(self._step, state, self._before))
        if self._journal:
            self._journal.started(hand, self._step, self._before)

    def end(self, outcome: Outcome, hand: Hand) -> None:
        """Take down how a step's turn ended, and what it took."""
        after = _sizes(hand, self._step.table)
        ended = StepEnded(
            self._step,
            outcome.outcome,
            outcome.why,
            outcome.do,
            round(time.monotonic() - self._began, 3),
            list(self._record.phases.values()),
            list(self._record.waits.values()),
            list(self._record.sqlstates),
            self._before,
            after,
        )
        self.emit(ended)
        if self._journal:
            self._journal.ended(hand, ended)
        self.running = None

    def say(self, line: str) -> None:
        """Take down what was said."""
        self.emit(Message(line))

    def statement(self, sql: str) -> None:
        """Take down a statement as it is sent."""
        self.emit(StatementSent(self._step.step, sql))

    def look(self, pid: int, progress: Progress) -> None:
        """Take down one look at what runs."""
        now = time.monotonic()
        begins = self._record.look(now, progress)
        if begins:
            self.emit(PhaseStarted(self._step.step, pid, progress.phase))
        if begins or now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            self.emit(_progress(self._step.step, pid, progress))

    def pause(self) -> None:
        """Take down that nothing is looked at any more."""
        self._record.pause(time.monotonic())

    def waits(self, pid: int, wait: Wait) -> None:
        """Take down a wait that lasts."""
        self.emit(Waiting(self._step.step, pid, wait.phase, round(wait.seconds, 1), _whom(wait)))

    def failed(self, failed: StatementFailed) -> None:
        """Take down that a statement failed; once, whoever tells."""
        if failed is not self._failure:
            self._failure = failed
            self._record.sqlstates.append(failed.sqlstate)
            self.emit(Failure(self._step.step, failed.sqlstate, failed.what))


def step_name(planned: PlannedStep) -> StepName:
    """Return what a planned step is called in evidence."""
    step = planned.step
    return StepName(step.name, step.kind, str(step.table), planned.standing.revision)


def _progress(step: str, pid: int, progress: Progress) -> ProgressMade:
    burden = progress.burden
    lag = burden.lag.bytes if burden and burden.lag else None
    return ProgressMade(
        step,
        pid,
        progress.phase,
        progress.done,
        progress.total,
        progress.unit,
        burden.held_transactions if burden else None,
        lag,
    )


def _whom(wait: Wait) -> list[dict[str, object]]:
    return [
        {
            "pid": blocker.pid,
            "application_name": blocker.application_name,
            "role": blocker.role,
            "state": blocker.state,
            "age_seconds": blocker.age_seconds,
            "remedy": remedy(blocker),
        }
        for blocker in wait.waits_for
    ]


def _sizes(hand: Hand, table: str) -> Sizes:
    try:
        rows = hand.rows(query("sizes"), {"table": table})
    except (OutofbandError, SessionLost):  # whoever works on the table next finds out
        return Sizes()
    return Sizes(**rows[0]) if rows else Sizes()
