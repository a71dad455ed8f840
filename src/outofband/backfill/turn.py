"""A backfill's turn in a run of `apply`, and what the data says for whoever only looks."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from outofband.backfill.desk import Desk
from outofband.backfill.heart import OpenDesk
from outofband.backfill.here import here
from outofband.backfill.job import Job
from outofband.backfill.load import SpecNotLoaded, load
from outofband.backfill.outcome import Outcome, Verdict
from outofband.backfill.run import Runner
from outofband.backfill.state import Name
from outofband.backfill.truth import answer_briefly
from outofband.catalog.backfills import Answer
from outofband.model.progress import Progress
from outofband.model.step import Backfill
from outofband.runbook import hand
from outofband.runbook.ending import End, Ending
from outofband.runbook.hand import StatementFailed
from outofband.runbook.plan import PlannedStep
from outofband.runbook.reaction import way_out
from outofband.runbook.world import World

OF_ONE = "it comes from elsewhere, and nobody has said to which of the targets it belongs"
_ALONE = "Run outofband apply --only {name} --database-url URL, in the environment of that target"
_ENDS = {
    Verdict.FINISHED: End.DONE,
    Verdict.STOPPED: End.WAITING,
    Verdict.PAUSED: End.WAITING,
    Verdict.ELSEWHERE: End.WAITING,
    Verdict.CANCELLED: End.REFUSED,
    Verdict.QUARANTINED: End.FAILED,
    Verdict.STUCK: End.FAILED,
}


@dataclass(frozen=True, slots=True)
class Turns:
    """Runs backfills in sessions of its own; ``folders`` are where specs are looked for first.

    Where the database is ``one_of_many``, what comes from elsewhere is refused.
    """

    open_desk: OpenDesk
    folders: Sequence[str] = ()
    one_of_many: bool = False

    def __call__(self, planned: PlannedStep, world: World) -> Ending:
        """Bring a backfill to an ending. Raises SessionLost when the server stays away."""
        view, now = world.now(planned)
        table = view.seen.table(planned.step.table)
        if now is None:
            return Ending(planned, End.DONE)
        if table is None or now.obstacle:
            return Ending(planned, End.REFUSED, now.obstacle, way_out(now.standing.state))
        if now.standing.waits_for:
            return Ending(planned, End.WAITING, f"waits for {', '.join(now.standing.waits_for)}")
        step = planned.step
        assert isinstance(step, Backfill)
        if self.one_of_many and step.from_elsewhere:
            return Ending(planned, End.REFUSED, OF_ONE, _ALONE.format(name=step.name))
        try:
            spec = load(step.spec, self.folders)
        except SpecNotLoaded as error:
            return Ending(planned, End.REFUSED, error.what_and_why, error.do)
        job = Job(
            spec,
            step.spec,
            Name(step.name, table.name.schema or ""),
            table.oid,
            holder(),
            (here(),),
            world.patient.max_wait,
            world.patient.stopped,
            lambda: world.conditions.not_now(planned.actions[0]),
        )
        return self._run(planned, job, world)

    def _run(self, planned: PlannedStep, job: Job, world: World) -> Ending:
        try:
            with (
                world.screen.showing(f"backfill {planned.step.name}") as show,
                self.open_desk() as desk,
            ):
                teller = OnScreen(world.screen.say, show)
                outcome = Runner(job, desk, self.open_desk, teller).run()
        except StatementFailed as failed:
            world.evidence.failed(failed)
            return Ending(planned, End.FAILED, failed.what, failed.do)
        return _ending(planned, outcome)


def holder() -> str:
    """Return who this process is, for people."""
    return f"{socket.gethostname()} pid {os.getpid()}"


def _ending(planned: PlannedStep, outcome: Outcome) -> Ending:
    end = _ENDS[outcome.verdict]
    return Ending(planned, end, outcome.why, outcome.do, acted=outcome.acted)


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Shows a run on a screen, by what that shows of builds."""

    say: Callable[[str], None]
    look: Callable[[hand.Progress], None]

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        self.look(hand.Progress("batches", progress.done, progress.total, progress.unit))


@dataclass(frozen=True, slots=True)
class Truths:
    """What the data says of each backfill, asked once in a session that only reads.

    Where the database is ``one_of_many``, what comes from elsewhere is not asked about: nobody has
    said which of them it belongs to.
    """

    desk: Desk
    folders: Sequence[str] = ()
    one_of_many: bool = False
    known: dict[Backfill, Answer | str | None] = field(default_factory=dict)

    def __call__(self, step: Backfill) -> Answer | str | None:
        """Return the answer, why there is none, or None where it takes too long."""
        if step not in self.known:
            elsewhere = self.one_of_many and step.from_elsewhere
            self.known[step] = OF_ONE if elsewhere else self._ask(step)
        return self.known[step]

    def _ask(self, step: Backfill) -> Answer | str | None:
        try:
            return answer_briefly(self.desk, load(step.spec, self.folders))
        except (SpecNotLoaded, StatementFailed) as error:
            return error.what_and_why
        except Exception as error:  # of the application's code
            return f"its progress raises {type(error).__name__}"
