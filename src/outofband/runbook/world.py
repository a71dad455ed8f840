"""What one run of `apply` works with, and how it looks at the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from outofband.catalog.backfills import Truth, not_asked, told
from outofband.catalog.earlier import bearing_on
from outofband.catalog.facts import Observation
from outofband.catalog.observe import observe
from outofband.catalog.reader import Reader
from outofband.catalog.standing import Standing, standings
from outofband.model.sqlstates import INSUFFICIENT_PRIVILEGE, LOCK_NOT_AVAILABLE
from outofband.model.step import Step, Wanted
from outofband.runbook.conditions import Conditions
from outofband.runbook.ending import End, Ending
from outofband.runbook.evidence import Evidence
from outofband.runbook.hand import Hand, Screen, StatementFailed
from outofband.runbook.locked import require_free
from outofband.runbook.plan import Plan, PlannedStep, plan, require_known
from outofband.runbook.reach import require_reachable
from outofband.runbook.watch import Patient


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for: the wanted steps, the names of ``--only``, and what counts as small
    (bytes); ``truth`` asks the data how far a backfill is.
    """

    wanted: Wanted
    only: tuple[str, ...] = ()
    inline_max_bytes: int = 0
    truth: Truth = not_asked

    def of(self, step: Step) -> Scope:
        """Narrow it to one of its steps and what decides where that stands."""
        only = (step.name,) if self.only else ()
        return replace(self, wanted=bearing_on(step, self.wanted), only=only)


@dataclass(frozen=True, slots=True)
class View:
    """The world at one moment: what was seen, where the steps stand, what would be done."""

    seen: Observation
    standings: tuple[Standing, ...]
    plan: Plan


def look(reader: Reader, scope: Scope) -> View:
    """Observe and plan; reads only. Raises StepUnknown and NotAllowed."""
    wanted = scope.wanted
    require_known(scope.only, wanted)
    seen = told(_observed(reader, wanted), (w.step for w in wanted.steps), scope.truth)
    standing = standings(wanted, seen)
    planned = plan(standing, seen, only=scope.only, inline_max_bytes=scope.inline_max_bytes)
    return View(seen, standing, planned)


def _observed(reader: Reader, wanted: Wanted) -> Observation:
    steps = [w.step for w in (*wanted.steps, *wanted.unapplied)]
    try:
        seen = observe(reader, steps)
    except StatementFailed as failed:
        if failed.sqlstate == INSUFFICIENT_PRIVILEGE:
            require_reachable(reader, (step.table for step in steps))
        if failed.sqlstate == LOCK_NOT_AVAILABLE:
            require_free(reader)
        raise
    if missing := [step.table for step in steps if seen.table(step.table) is None]:
        require_reachable(reader, missing)
    return seen


class BackfillTurn(Protocol):
    """Gives a backfill its turn: the engine, which is above this room."""

    def __call__(self, planned: PlannedStep, world: World) -> Ending:
        """Bring it to an ending. Raises SessionLost when the server stays away."""
        ...


def _nobody(planned: PlannedStep, world: World) -> Ending:  # noqa: ARG001
    return Ending(planned, End.REFUSED, "nothing here runs backfills", "Run outofband apply")


@dataclass(frozen=True, slots=True)
class World:
    """A session, a screen, the scope of the run, how long it waits, when it may start work,
    what is kept of it, and who gives ``backfills`` their turns.
    """

    hand: Hand
    screen: Screen
    scope: Scope
    patient: Patient = field(default_factory=Patient)
    conditions: Conditions = field(default_factory=Conditions)
    evidence: Evidence = field(default_factory=Evidence)
    backfills: BackfillTurn = _nobody

    def look(self) -> View:
        """Observe and plan anew."""
        return look(self.hand, self.scope)

    def now(self, planned: PlannedStep) -> tuple[View, PlannedStep | None]:
        """Look anew for one step of a plan; None when nothing is left to do for it."""
        view = look(self.hand, self.scope.of(planned.step))
        for candidate in view.plan.steps:
            same = candidate.step == planned.step
            if same and candidate.standing.revision == planned.standing.revision:
                return view, candidate
        return view, None
