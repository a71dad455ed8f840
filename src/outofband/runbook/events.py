"""What a run tells programs: one event a line, and what a step took. Pure.

docs/events.md describes them, docs/events.schema.json is their schema. No query of another session
and no value of a row is in any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from outofband.runbook.hand import Blocker, Progress


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of a table and of all its indexes."""

    table_bytes: int | None = None
    index_bytes: int | None = None


@dataclass(slots=True)
class PhaseTime:
    """How many seconds a step spent in one phase of Postgres, and how many of these it waited."""

    phase: str
    seconds: float = 0.0
    waited_seconds: float = 0.0


@dataclass(slots=True)
class WaitTime:
    """For whom a step waited, and how many seconds."""

    pid: int
    application_name: str
    role: str
    phase: str
    seconds: float = 0.0


@dataclass(slots=True)
class Record:
    """What one step has taken so far, from the looks at it."""

    phases: dict[str, PhaseTime] = field(default_factory=dict)
    waits: dict[tuple[int, str, str], WaitTime] = field(default_factory=dict)
    sqlstates: list[str] = field(default_factory=list)
    _last: tuple[float, Progress] | None = None

    def look(self, seconds: float, progress: Progress) -> bool:
        """Take a look at a moment of a monotonic clock; tell whether a phase begins with it."""
        new = self._last is None or self._last[1].phase != progress.phase
        self.pause(seconds)
        self._last = seconds, progress
        return new

    def pause(self, seconds: float) -> None:
        """End what is looked at: the time since the last look goes to its phase."""
        if self._last is None:
            return
        then, progress = self._last
        self._last = None
        took = self.phases.setdefault(progress.phase, PhaseTime(progress.phase))
        took.seconds += seconds - then
        if progress.waiting:
            took.waited_seconds += seconds - then
        for blocker in progress.waits_for:
            self._wait(blocker, progress.phase).seconds += seconds - then

    def _wait(self, blocker: Blocker, phase: str) -> WaitTime:
        name = blocker.application_name if blocker.gid is None else f"prepared {blocker.gid}"
        key = (blocker.pid, name, phase)
        return self.waits.setdefault(key, WaitTime(blocker.pid, name, blocker.role, phase))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended: done, waiting, refused, failed."""

    outcome: str
    why: str = ""
    do: str = ""


@dataclass(frozen=True, slots=True)
class StepName:
    """A step, as events and the journal name it."""

    step: str
    kind: str
    table: str
    revision: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The plan was agreed to, and work begins."""

    event: ClassVar[str] = "run_started"
    database: str
    steps: list[StepName]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people."""

    event: ClassVar[str] = "message"
    text: str


@dataclass(frozen=True, slots=True)
class StatementSent:
    """A statement of the plan is sent."""

    event: ClassVar[str] = "statement"
    step: str
    sql: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step's turn begins."""

    event: ClassVar[str] = "step_started"
    step: StepName
    state: str
    before: Sizes


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """What a step runs enters a phase, as Postgres names it."""

    event: ClassVar[str] = "phase"
    step: str
    pid: int
    phase: str


@dataclass(frozen=True, slots=True)
class ProgressMade:
    """How far a phase is: ``done`` of ``total`` units; every ten seconds."""

    event: ClassVar[str] = "progress"
    step: str
    pid: int
    phase: str
    done: int
    total: int
    unit: str
    held_transactions: int | None
    lag_bytes: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step has waited for somebody for ten seconds, and for every minute more."""

    event: ClassVar[str] = "waiting"
    step: str
    pid: int
    phase: str
    seconds: float
    waits_for: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Failure:
    """A statement failed; the step may go on."""

    event: ClassVar[str] = "failure"
    step: str
    sqlstate: str
    message: str


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step's turn is over, with all that it took."""

    event: ClassVar[str] = "step_ended"
    step: StepName
    outcome: str
    why: str
    do: str
    seconds: float
    phases: list[PhaseTime]
    waits: list[WaitTime]
    sqlstates: list[str]
    before: Sizes
    after: Sizes


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over: done, partly_done, refused, detached or unknown. What `notify` is given."""

    event: ClassVar[str] = "run_ended"
    database: str
    outcome: str
    exit_status: int
    why: str
    next: str
    steps: list[Mapping[str, str]]
    still_running: list[str]


@dataclass(frozen=True, slots=True)
class FleetEnded:
    """A run over many targets is over, each of which had a run of its own. What `notify` is given
    then.
    """

    event: ClassVar[str] = "fleet_ended"
    outcome: str
    exit_status: int
    why: str
    next: str
    targets: list[Mapping[str, Any]]


Event = (
    RunStarted
    | Message
    | StatementSent
    | StepStarted
    | PhaseStarted
    | ProgressMade
    | Waiting
    | Failure
    | StepEnded
    | RunEnded
    | FleetEnded
)


def as_json(event: Event, run: str, at: str) -> dict[str, Any]:
    """Return an event as it is printed: what it is, of which run, when, and what it holds."""
    return {"event": event.event, "run": run, "at": at, **asdict(event)}
