"""``outofband apply --targets``: one runbook over a fleet, each target in its turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from threading import Lock

import click

from outofband.cli.account import Account
from outofband.cli.apply import again, confirm, ending_lines
from outofband.cli.fleet import Fleet, Looked, look_around, open_fleet
from outofband.cli.fleet_account import FleetAccount
from outofband.cli.fleet_output import TargetLine, line_of_error, named, print_table
from outofband.cli.fleet_screen import FleetBoard, TargetScreen, board
from outofband.cli.interrupt import Interruption
from outofband.cli.limits import Limits
from outofband.cli.options import Where
from outofband.cli.project import Forecast
from outofband.cli.screen import OperatorScreen
from outofband.errors import OutofbandError
from outofband.postgres.monitor import Monitor
from outofband.postgres.session import Session
from outofband.runbook.apply import End, Ending
from outofband.runbook.duplicates.policy import Policy
from outofband.runbook.fleet import (
    DONE,
    PARTLY_DONE,
    REFUSED,
    UNKNOWN,
    TargetState,
    combined_work,
)
from outofband.runbook.forecast import Forecaster
from outofband.runbook.parallel import apply_beside, lanes
from outofband.runbook.plan import Plan, PlannedStep
from outofband.runbook.preflight.tell import lines as finding_lines
from outofband.runbook.show import deed, hazard_lines
from outofband.runbook.turns import in_turns
from outofband.runbook.watch import Watched
from outofband.runbook.world import World

_STATES = {
    DONE: TargetState.DONE,
    REFUSED: TargetState.REFUSED,
    PARTLY_DONE: TargetState.PARTLY_DONE,
}
_IN_ALL = {
    REFUSED: "nothing was changed",
    PARTLY_DONE: "partly done, what is finished stays",
    UNKNOWN: "the state of some is unknown, what is finished stays",
}


@dataclass(frozen=True, slots=True)
class Orders:
    """What `apply` was told on its command line, beside which targets it is for."""

    only: tuple[str, ...]
    dealing: Policy
    parallel: int
    limits: Limits
    as_is: bool
    notify: str | None
    events: bool
    yes: bool

    @property
    def words(self) -> list[str]:
        """What says so in the next command."""
        beside = ["--parallel", str(self.parallel)] if self.parallel > 1 else []
        leaving = ["--as-is"] if self.as_is else []
        return [*self.dealing.flags, *self.limits.words, *beside, *leaving]


@dataclass(frozen=True, slots=True)
class TargetEnding:
    """What became of one target: how it is told, its exit status, and whether this run changed
    anything there; ``flags`` let the same command go on.
    """

    line: TargetLine
    status: int = DONE
    acted: bool = False
    flags: tuple[str, ...] = ()


def apply_to_fleet(where: Where, path: Path, orders: Orders) -> int:
    """Look at every target, show what is to be done, have it agreed to, and do it; return the exit
    status.

    Nothing that becomes of one target stops another.
    """
    fleet = open_fleet(where, path)
    command = orders.notify if orders.notify is not None else fleet.settings.notify
    following = again(where, orders.only, [*orders.words, "--targets", str(path)])
    account = FleetAccount(following, events=orders.events, command=command)
    screen = OperatorScreen(several=True)
    with account.of_errors():
        forecast, dedupes = _forecast(fleet, orders), bool(orders.dealing.flags)
        looked = look_around(fleet, where, orders.only, forecast, dedupes=dedupes)
        _show(looked, orders, screen)
        acting = tuple(chain.from_iterable(_acting(one) for one in looked))
        if acting:
            confirm(Plan(acting), orders.dealing, orders.yes, orders.limits.accept)
        endings = _Run(fleet, orders, screen, account, following).over(looked)
    status = combined_work((e.status for e in endings), acted=any(e.acted for e in endings))
    print_table([ending.line for ending in endings], err=True)
    flags = dict.fromkeys(flag for ending in endings for flag in ending.flags)
    told = "" if status == DONE else " ".join([following, *flags])
    if told:
        click.echo(f"outofband: {_IN_ALL[status]}. Next: {told}", err=True)
    account.end([ending.line.ended() for ending in endings], status, told)
    return status


def _forecast(fleet: Fleet, orders: Orders) -> Forecast:
    """Estimate builds as they are run: beside those of other tables and of the host's others."""

    def forecast(session: Session, plan: Plan) -> Plan:
        tables = len({planned.step.table for planned in plan.steps})
        beside = max(1, min(orders.parallel, tables)) * fleet.most.per_host
        return Forecaster(session, orders.as_is, beside).forecast(plan)

    return forecast


def _show(looked: Sequence[Looked], orders: Orders, screen: OperatorScreen) -> None:
    """Show what is to be done where, what is in the way, and what it does to everybody else."""
    print_table([_planned(one) for one in looked], err=True)
    for one in looked:
        for line in finding_lines(one.seen.report) if one.seen else ():
            screen.say(f"{one.target.name}: {line}")
    steps = chain.from_iterable(one.seen.view.plan.steps for one in looked if one.seen)
    for line in hazard_lines(Plan(tuple(steps)), orders.dealing):
        screen.say(line)


def _planned(looked: Looked) -> TargetLine:
    if looked.seen is None:
        assert looked.error is not None
        return line_of_error(looked.target, looked.error)
    steps = looked.seen.view.plan.steps
    state = TargetState.PENDING if steps else TargetState.DONE
    return TargetLine(looked.target, state, named([f"{deed(p)} {p.step.name}" for p in steps]))


def _acting(looked: Looked) -> Iterator[PlannedStep]:
    """Yield the steps of which something is done, as far as is known."""
    if looked.seen is not None:
        seen = looked.seen
        for planned in seen.view.plan.steps:
            if planned.actions and not seen.report.obstacle(planned.step):
                yield planned


class _Working:
    """Whose turn it is: the sessions and the account of each, for a signal to find."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at_work: dict[str, tuple[Account, list[Session]]] = {}

    def begin(self, name: str, account: Account, hands: list[Session]) -> None:
        with self._lock:
            self._at_work[name] = account, hands

    def end(self, name: str) -> None:
        with self._lock:
            self._at_work.pop(name, None)

    def __iter__(self) -> Iterator[Session]:
        """Yield the sessions of this moment. A signal may come while the lock is held."""
        for _, hands in list(self._at_work.values()):
            yield from list(hands)

    def detached(self) -> None:
        """Tell each account what its server goes on with."""
        for account, hands in list(self._at_work.values()):
            account.detached([sql for hand in hands if (sql := hand.leave())])


class _Run:
    """The work on all targets, once it is agreed to."""

    def __init__(
        self,
        fleet: Fleet,
        orders: Orders,
        screen: OperatorScreen,
        account: FleetAccount,
        following: str,
    ) -> None:
        self._fleet, self._orders, self._screen = fleet, orders, screen
        self._account, self._following = account, following
        self._patient = orders.limits.patient(fleet.settings)
        self._conditions = orders.limits.conditions(fleet.settings)
        self._working = _Working()

    def over(self, looked: Sequence[Looked]) -> list[TargetEnding]:
        """Give every target with work its turn; return what became of all, in their order."""
        due = [one for one in looked if one.seen and one.seen.view.plan.steps]
        with board(self._screen, [_at_first(one) for one in looked]) as shown:

            def leaving(_: tuple[str, ...]) -> None:
                self._working.detached()
                self._account.detached([line.ended() for line in shown.lines])

            stopped = self._patient.stopped
            stop = Interruption(self._screen, self._working, stopped, self._following, leaving)
            with stop.heeded():
                done = in_turns(due, self._fleet.most, lambda one: self._turn(one, shown))
        by_name = {ending.line.target.name: ending for ending in done}
        return [by_name.get(one.target.name) or _untouched(one) for one in looked]

    def _turn(self, looked: Looked, shown: FleetBoard) -> TargetEnding:
        target = looked.target
        if self._patient.stopped.is_set():
            line = TargetLine(target, TargetState.PENDING, "cancelled by the operator")
            return TargetEnding(line, REFUSED)
        shown.set(replace(_planned(looked), state=TargetState.WORKING))
        account = self._account.of_target(target)
        screen = TargetScreen(self._screen, target)
        try:
            with account.of_errors():
                ending = self._work(looked, account, screen)
        except OutofbandError as error:
            screen.say(str(error))
            ending = TargetEnding(line_of_error(target, error), error.exit_status)
        finally:
            self._working.end(target.name)
        shown.set(ending.line)
        return ending

    def _work(self, looked: Looked, account: Account, screen: TargetScreen) -> TargetEnding:
        seen, source = looked.seen, looked.target.project.source
        assert seen is not None
        plan = seen.view.plan
        conditions = replace(self._conditions, seconds=plan.seconds)
        hands: list[Session] = []
        self._working.begin(looked.target.name, account, hands)
        with ExitStack() as opened:
            for _ in range(min(self._orders.parallel, len(lanes(plan, seen.view.seen)))):
                hands.append(opened.enter_context(Session(source)))

            def world(hand: Session) -> World:
                evidence = account.evidence()
                watched = Watched(screen, Monitor(source), hand, self._patient, evidence)
                return World(hand, watched, seen.scope, self._patient, conditions, evidence)

            account.begin(plan, hands[0] if any(_acting(looked)) else None)
            worlds = [world(hand) for hand in hands]
            endings = apply_beside(plan, seen.view.seen, worlds, self._orders.dealing, seen.report)
        ending = _ended(looked, endings)
        account.end(endings, ending.status)
        for line in ending_lines(endings):
            screen.say(line)
        return ending


def _at_first(looked: Looked) -> TargetLine:
    line = _planned(looked)
    pending = line.state is TargetState.PENDING
    return replace(line, state=TargetState.WAITING) if pending else line


def _untouched(looked: Looked) -> TargetEnding:
    return TargetEnding(_planned(looked), looked.error.exit_status if looked.error else DONE)


def _ended(looked: Looked, endings: Sequence[Ending]) -> TargetEnding:
    undone = [e for e in endings if e.end is not End.DONE]
    acted = len(undone) < len(endings) or any(e.acted for e in endings)
    status = DONE if not undone else PARTLY_DONE if acted else REFUSED
    note = named([f"{e.planned.step.name}: {e.why}" for e in undone])
    do = next((e.do for e in undone if e.do), "")
    flags = tuple(flag for e in undone for flag in e.flags)
    return TargetEnding(TargetLine(looked.target, _STATES[status], note, do), status, acted, flags)
