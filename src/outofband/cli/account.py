"""What a run of `apply` gives to programs: events on stdout, the journal, the notify command."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from threading import Lock

import click

from outofband.cli.mute import mute
from outofband.cli.notify import notify, words
from outofband.errors import OutofbandError
from outofband.postgres.session import Session
from outofband.postgres.source import Source
from outofband.runbook.ending import End, Ending
from outofband.runbook.events import Event, Outcome, RunEnded, RunStarted, StepName, as_json
from outofband.runbook.evidence import Evidence, step_name
from outofband.runbook.hand import Hand, SessionLost
from outofband.runbook.journal import Journal

DONE, REFUSED, PARTLY_DONE = 0, 3, 4
OUTCOMES = {DONE: "done", 2: "misuse", REFUSED: "refused", PARTLY_DONE: "partly_done"}
_STDOUT = Lock()


class Account:
    """One run: its events go to stdout where ``events`` are wanted, its summary to ``command``."""

    def __init__(
        self, source: Source, next_command: str, *, events: bool, command: str | None
    ) -> None:
        self._source, self._next, self._events, self._command = (
            source,
            next_command,
            events,
            command,
        )
        if command is not None:
            words(command)
        self._run = str(uuid.uuid4())
        self._journal = Journal(self._run, version("alembic-outofband"), self._tell)
        self._lanes: list[Evidence] = []
        self._begun = False

    def evidence(self) -> Evidence:
        """Return what takes down the steps of one session."""
        self._lanes.append(Evidence(self._emit, self._journal))
        return self._lanes[-1]

    def begin(self, steps: Sequence[StepName], hand: Hand | None) -> None:
        """Tell that work begins; from now on its end is notified. With ``hand``, make the journal
        where it is not there yet.
        """
        self._begun = True
        self._emit(RunStarted(self._source.describe(), list(steps)))
        if hand is not None:
            self._journal.prepare(hand)

    def end(self, endings: Sequence[Ending], status: int) -> None:
        """Tell how the run ended."""
        self.end_steps([(step_name(e.planned), e.outcome) for e in endings], status)

    def end_steps(self, ended: Sequence[tuple[StepName, Outcome]], status: int) -> None:
        """Tell how each step ended, and the run with it."""
        steps = [_step(step, o.outcome, o.why, o.do) for step, o in ended]
        why = "; ".join(o.why for _, o in ended if o.outcome == End.FAILED.value)
        self._over(OUTCOMES[status], status, why, steps)

    @contextmanager
    def of_errors(self) -> Iterator[None]:
        """Tell of an error that ends the run in the block."""
        try:
            yield
        except OutofbandError as error:
            self._over(*ended_by(error))
            raise

    def detached(self, running: Sequence[str]) -> None:
        """Tell that this process leaves a run to the server."""
        steps = [lane.running for lane in self._lanes if lane.running is not None]
        self._note_detached(steps)
        told = [_step(s, "detached") for s in steps]
        self._over("detached", PARTLY_DONE, "", told, running)

    def _note_detached(self, steps: Sequence[StepName]) -> None:
        """Journal it in a session of its own: those of the run are busy."""
        try:
            with Session(self._source) as session:
                self._journal.detached(session, steps)
        except (OutofbandError, SessionLost) as error:
            self._tell(f"no journal is kept: {error}")

    def _over(
        self,
        outcome: str,
        status: int,
        why: str,
        steps: Sequence[dict[str, str]] = (),
        running: Sequence[str] = (),
    ) -> None:
        told = "" if status == DONE else self._next
        database = self._source.describe()
        ended = RunEnded(database, outcome, status, why, told, list(steps), list(running))
        self._emit(ended)
        if self._command and self._begun:
            self._tell(notify(self._command, self._as_json(ended)))

    def _emit(self, event: Event) -> None:
        if self._events:
            self._events = print_event(self._as_json(event))

    def _as_json(self, event: Event) -> dict[str, object]:
        return stamped(event, self._run)

    @staticmethod
    def _tell(line: str) -> None:
        if line:
            click.echo(f"outofband: {line}", err=True)


def ended_by(error: OutofbandError) -> tuple[str, int, str]:
    """Return what a run comes to that ends by an error: outcome, exit status, why."""
    outcome = OUTCOMES.get(error.exit_status, "unknown")
    return outcome, error.exit_status, error.what_and_why


def stamped(event: Event, run: str) -> dict[str, object]:
    """Return an event of a run as it is printed, with the time."""
    return as_json(event, run, datetime.now(UTC).isoformat(timespec="milliseconds"))


def print_event(told: Mapping[str, object]) -> bool:
    """Print one line on stdout, from any thread; tell whether anybody still reads."""
    with _STDOUT:
        try:
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()
        except OSError:  # nobody reads any more; the work goes on
            mute(sys.stdout)
            return False
    return True


def _step(step: StepName, outcome: str, why: str = "", do: str = "") -> dict[str, str]:
    named = {"name": step.step, "kind": step.kind, "table": step.table}
    return {**named, "outcome": outcome, "why": why, "do": do}
