"""One run on one database, whichever of its sessions does the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from outofband.backfill.turn import Turns
from outofband.cli.account import Account
from outofband.cli.orders import Orders
from outofband.cli.project import Forecast, Seen
from outofband.postgres.monitor import Monitor
from outofband.postgres.session import Session
from outofband.postgres.source import Source
from outofband.runbook.conditions import Conditions
from outofband.runbook.duplicates.policy import Policy
from outofband.runbook.ending import Ending
from outofband.runbook.events import StepName
from outofband.runbook.evidence import step_name
from outofband.runbook.once import once_a_server
from outofband.runbook.parallel import apply_beside, lanes
from outofband.runbook.plan import Plan, PlannedStep
from outofband.runbook.sizing.forecast import Forecaster
from outofband.runbook.sizing.speed import measure
from outofband.runbook.watch import Display, Patient, Watched
from outofband.runbook.world import Scope, View, World


@dataclass(frozen=True, slots=True)
class Run:
    """Where it works, where it is watched, how long it waits, when it may start work, and to whom
    it is told; ``folders`` are where the application's own modules are looked for first. Its
    database may be ``one_of_many`` that are worked on.
    """

    source: Source
    screen: Display
    patient: Patient
    conditions: Conditions
    account: Account
    folders: tuple[str, ...] = ()
    one_of_many: bool = False

    def world(self, hand: Session, scope: Scope) -> World:
        """Return what one session of the run works with."""
        evidence = self.account.evidence()
        watched = Watched(self.screen, Monitor(self.source), hand, self.patient, evidence)
        turns = Turns(lambda: Session(self.source), self.folders, self.one_of_many)
        return World(hand, watched, scope, self.patient, self.conditions, evidence, turns)

    def do(self, seen: Seen, hands: Sequence[Session], dealing: Policy) -> tuple[Ending, ...]:
        """Do what is planned, with one session a hand; tell how each step ended."""
        plan = seen.view.plan
        estimating = replace(self, conditions=replace(self.conditions, seconds=plan.seconds))
        worlds = [estimating.world(hand, seen.scope) for hand in hands]
        return apply_beside(plan, seen.view.seen, worlds, dealing, seen.report)


def acting(seen: Seen) -> tuple[PlannedStep, ...]:
    """Return the steps of which something is done, as far as is known."""
    steps = seen.view.plan.steps
    return tuple(p for p in steps if p.actions and not seen.report.obstacle(p.step))


def step_names(seen: Seen) -> list[StepName]:
    """Return the planned steps as evidence names them."""
    return [step_name(planned) for planned in seen.view.plan.steps]


def at_once(view: View, orders: Orders) -> int:
    """Return how many sessions the plan has work for."""
    return min(orders.parallel, len(lanes(view.plan, view.seen)))


def forecast(orders: Orders, per_host: int = 1) -> Forecast:
    """Estimate builds as they are run: beside those of other tables, and of as many databases of
    the host.
    """

    speed = once_a_server(measure)

    def estimated(session: Session, view: View) -> Plan:
        beside = max(1, at_once(view, orders)) * per_host
        return Forecaster(session, orders.as_is, beside, speed).forecast(view.plan)

    return estimated
