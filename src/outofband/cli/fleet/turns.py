"""The work on a fleet, once it is agreed to: each target in its turn, none stopping another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from threading import Lock

from outofband.cli.account import Account
from outofband.cli.endings import ending_lines
from outofband.cli.fleet.account import FleetAccount
from outofband.cli.fleet.ending import TargetEnding, cancelled, ended, failed, untouched
from outofband.cli.fleet.looks import Looked
from outofband.cli.fleet.output import TargetLine
from outofband.cli.fleet.plan import planned_line
from outofband.cli.fleet.screen import FleetBoard, TargetScreen, board
from outofband.cli.fleet.targets import Fleet
from outofband.cli.interrupt import Interruption
from outofband.cli.orders import Orders
from outofband.cli.run import Run, acting, at_once, step_names
from outofband.cli.screen import OperatorScreen
from outofband.errors import OutofbandError
from outofband.postgres.session import Session
from outofband.runbook.fleet import TargetState
from outofband.runbook.turns import in_turns


class Turns:
    """The turns of all targets, of which any signal is told that comes meanwhile."""

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
        return [by_name.get(one.target.name) or untouched(one) for one in looked]

    def _turn(self, looked: Looked, shown: FleetBoard) -> TargetEnding:
        target = looked.target
        if self._patient.stopped.is_set():
            return cancelled(looked)
        shown.set(replace(planned_line(looked), state=TargetState.WORKING))
        account = self._account.of_target(target)
        screen = TargetScreen(self._screen, target)
        try:
            with account.of_errors():
                ending = self._work(looked, account, screen)
        except OutofbandError as error:
            screen.say(str(error))
            ending = failed(looked, error)
        finally:
            self._working.end(target.name)
        shown.set(ending.line)
        return ending

    def _work(self, looked: Looked, account: Account, screen: TargetScreen) -> TargetEnding:
        seen, project = looked.seen, looked.target.project
        assert seen is not None
        source, given = project.source, (self._patient, self._conditions)
        run = Run(source, screen, *given, account, project.folders, one_of_many=True)
        hands: list[Session] = []
        self._working.begin(looked.target.name, account, hands)
        with ExitStack() as opened:
            for _ in range(at_once(seen.view, self._orders)):
                hands.append(opened.enter_context(Session(source)))
            account.begin(step_names(seen), hands[0] if acting(seen) else None)
            endings = run.do(seen, hands, self._orders.dealing)
        ending = ended(looked, endings)
        account.end(endings, ending.status)
        for line in ending_lines(endings):
            screen.say(line)
        return ending


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


def _at_first(looked: Looked) -> TargetLine:
    line = planned_line(looked)
    pending = line.state is TargetState.PENDING
    return replace(line, state=TargetState.WAITING) if pending else line
