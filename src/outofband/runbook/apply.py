"""Do what a plan says, one step after the other, looking again before every action.

Each pass asks the catalog where the step stands, plans it anew and does the first action only. So a
run may die after any of them, and what a colleague, another runner or a dying server did in between
is seen before the next. What was shown binds: a step whose plan is another one now is refused.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum

from outofband.catalog.facts import TableFacts, Worker
from outofband.catalog.reader import query
from outofband.model.index import Index
from outofband.model.state import State
from outofband.model.statements import (
    Action,
    AwaitBuild,
    BuildIndex,
    RemoveIndex,
    RepairIndex,
    Statement,
    statement,
)
from outofband.runbook.build import Build
from outofband.runbook.duplicates.policy import Dedupe, Policy
from outofband.runbook.events import Outcome
from outofband.runbook.hand import SessionLost, StatementFailed
from outofband.runbook.plan import Plan, PlannedStep
from outofband.runbook.preflight import Report
from outofband.runbook.reaction import Reaction, longest_pause, reaction, way_out
from outofband.runbook.stuck import Stuck
from outofband.runbook.table_lock import working_on
from outofband.runbook.waiting import GivenUp
from outofband.runbook.world import World

_TOO_LONG, _LOCK_NOT_FREE = "57014", "55P03"
_RETRIES = {_LOCK_NOT_FREE: 60}
_OTHER_RETRIES = 10
_LOSSES = 5
_AWAY_SECONDS = 60.0
_POLL_SECONDS = 0.2
_NOTHING_FOUND = Report()


class End(Enum):
    """How a step ended in this run."""

    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one planned step, and, where it is not done, why and what to do; ``flags`` let
    the same command go on.

    ``acted`` tells whether this run changed anything for it.
    """

    planned: PlannedStep
    end: End
    why: str = ""
    do: str = ""
    flags: tuple[str, ...] = ()
    acted: bool = False


def apply(
    plan: Plan, world: World, dedupe: Policy = Dedupe.REPORT, report: Report = _NOTHING_FOUND
) -> tuple[Ending, ...]:
    """Run the plan and tell how each step ended; a step that fails never stops those after it, and
    one that the preflight's ``report`` stops is not begun.

    Raises SessionLost when the server stays away for longer than a minute.
    """
    return tuple(_recorded(planned, world, dedupe, report) for planned in plan.steps)


def _recorded(planned: PlannedStep, world: World, dedupe: Policy, report: Report) -> Ending:
    world.evidence.begin(planned, world.hand)
    if found := report.obstacle(planned.step):
        ending = Ending(planned, End.REFUSED, found.what, found.do)
    else:
        ending = _Turn(planned, world, dedupe, report).run()
    world.evidence.end(Outcome(ending.end.value, ending.why, ending.do), world.hand)
    return ending


class _Turn:
    """One step's turn: from the plan that was shown to its ending."""

    def __init__(self, planned: PlannedStep, world: World, dedupe: Policy, report: Report) -> None:
        self._planned, self._world, self._dedupe, self._report = planned, world, dedupe, report
        # What ends a step is failing at one thing again and again, however many partitions it has.
        self._builds: dict[Index, Build] = {}
        self._failures: Counter[tuple[str, Action | None]] = Counter()
        self._losses = 0
        self._sent = False

    @property
    def _acted(self) -> bool:
        return self._sent or any(build.changed for build in self._builds.values())

    def run(self) -> Ending:
        while True:
            try:
                return self._try()
            except SessionLost as lost:
                self._reconnect(lost)
            except GivenUp as given_up:
                return self._ending(End.WAITING, given_up.why)
            except StatementFailed as failed:
                if ending := self._after(failed):
                    return ending

    def _try(self) -> Ending:
        view, now = self._world.now(self._planned)
        table = view.seen.table(self._planned.step.table)
        if now is None:
            return self._ending(End.DONE)
        # Whoever works on it may be another runner, who is waited for by his lock.
        elsewhere = now.standing.state is State.BUILDING_ELSEWHERE
        if table is None or (now.obstacle and not elsewhere):
            return self._ending(End.REFUSED, now.obstacle, way_out(now.standing.state))
        with working_on(table, self._world):
            return self._finish()

    def _finish(self) -> Ending:
        while True:
            if self._world.patient.stopped.is_set():
                return self._ending(End.WAITING, "cancelled by the operator")
            view, now = self._world.now(self._planned)
            table = view.seen.table(self._planned.step.table)
            if now is None:
                return self._ending(End.DONE)
            if table is None or now.obstacle:
                return self._ending(End.REFUSED, now.obstacle, way_out(now.standing.state))
            if now.standing.waits_for:
                return self._ending(End.WAITING, f"waits for {', '.join(now.standing.waits_for)}")
            if not self._acted and not _is_rest(self._planned.actions, now.actions):
                return self._stale(now)
            action = now.actions[0]
            part = _touched(action, table)
            if isinstance(action, BuildIndex | RemoveIndex | RepairIndex) and part.workers:
                self._let_finish(part.workers[0], part)
            elif self._waited_for_replicas(action):
                continue
            elif (ending := self._not_at_this_hour(action)) or (ending := self._act(action, part)):
                return ending

    def _let_finish(self, worker: Worker, table: TableFacts) -> None:
        """Wait for another's build: of two on one table Postgres ends the queued one (40P01)."""
        who = f"pid {worker.pid} ({worker.application_name or 'no application name'})"
        self._world.screen.say(f"{who} works on {table.name}; waiting for it")
        self._await_end(f"work of pid {worker.pid} on {table.name}", worker.pid, table)

    def _waited_for_replicas(self, action: Action) -> bool:
        """Wait for replicas before a build or a drop; tell whether that took long."""
        world = self._world
        return _is_unhurried(action) and world.conditions.await_replicas(
            world.hand, world.screen, world.patient
        )

    def _not_at_this_hour(self, action: Action) -> Ending | None:
        """End the step where it is too late to start; what only commits what is built is not."""
        if self._acted and not _is_unhurried(action):
            return None
        why = self._world.conditions.not_now(action)
        return self._ending(End.WAITING, why) if why else None

    def _act(self, action: Action, table: TableFacts) -> Ending | None:
        """Do one action; an ending where the step cannot go on."""
        try:
            self._do(action, table)
        except Stuck as stuck:
            return self._ending(End.FAILED, stuck.why, stuck.do, stuck.flags)
        except GivenUp as given_up:
            return self._give_up(given_up)
        except StatementFailed as failed:
            return self._after(failed, action)
        return None

    def _do(self, action: Action, table: TableFacts) -> None:
        match action:
            case BuildIndex(index):
                new = Build(self._world, self._dedupe, self._planned.step.name, self._report)
                tuning = self._planned.tuning(index)
                self._builds.setdefault(index, new).run(index, table, tuning)
            case AwaitBuild(index, pid):
                self._sent = True
                self._await_end(f"build of {index.name}, left running", pid, table)
            case _:
                sent = statement(action)
                assert sent is not None
                self._send(sent)

    def _send(self, sent: Statement) -> None:
        hand, screen = self._world.hand, self._world.screen
        screen.statement(sent.sql)
        sent_before, self._sent = self._sent, True
        watched = screen.watching(self._planned.step.name, hand.pid)
        try:
            with watched if sent.unhurried else nullcontext():
                hand.send(sent)
        except StatementFailed as failed:
            # Of these only a concurrent drop can fail half-way, though never for a privilege.
            self._sent = sent_before or (sent.unhurried and failed.sqlstate != "42501")
            if sent.bounded and failed.sqlstate == _TOO_LONG:
                raise StatementFailed(_LOCK_NOT_FREE, "the locks were not free in time") from None
            raise

    def _await_end(self, what: str, pid: int, table: TableFacts) -> None:
        """Wait until a server process works on the table no more; its session may live on."""
        hand, tables = self._world.hand, {"tables": [table.oid]}
        with self._world.screen.watching(what, pid) as check:
            while any(row["pid"] == pid for row in hand.rows(query("workers"), tables)):
                check()
                time.sleep(_POLL_SECONDS)

    def _give_up(self, given_up: GivenUp) -> Ending:
        """Clear away what the build that was given up has left, as far as nobody is in the way."""
        why = f"given up: {given_up.why}"
        if given_up.lost:
            why += f"; lost is {given_up.lost}"
        _, now = self._world.now(self._planned)
        if now is None:
            return self._ending(End.DONE)
        if (left := _left_by_build(now.actions)) and (sent := statement(left)):
            try:
                self._send(sent)
            except (GivenUp, StatementFailed):
                why += f"; {left.index} is left, and the next run drops it"
        return self._ending(End.WAITING, why)

    def _after(self, failed: StatementFailed, action: Action | None = None) -> Ending | None:
        """Back off and let the loop look again where that helps; an ending where it does not."""
        self._world.evidence.failed(failed)
        if self._world.patient.stopped.is_set():
            return self._give_up(GivenUp("cancelled by the operator"))
        code = failed.sqlstate
        self._failures[code, action] += 1
        allowed = _RETRIES.get(code, _OTHER_RETRIES)
        if reaction(code) is Reaction.RETRY and self._failures[code, action] <= allowed:
            self._world.screen.say(f"{failed.what}; trying again")
            time.sleep(random.uniform(0.5, 1.0) * longest_pause(self._failures[code, action]))
            return None
        return self._ending(End.FAILED, failed.what, failed.do)

    def _reconnect(self, lost: SessionLost) -> None:
        self._losses += 1
        if self._losses > _LOSSES:
            raise lost
        self._world.screen.say("the connection was lost; connecting again to see what is left")
        deadline = time.monotonic() + _AWAY_SECONDS
        attempt = 0
        while True:
            try:
                return self._world.hand.reconnect()
            except SessionLost:
                if time.monotonic() > deadline:
                    raise
            attempt += 1
            time.sleep(random.uniform(0.5, 1.0) * longest_pause(attempt))

    def _stale(self, now: PlannedStep) -> Ending:
        state = now.standing.state.value.replace("_", " ")
        why = f"the world has moved since the plan was shown: it is {state} now"
        return self._ending(End.REFUSED, why, "Look at the new plan")

    def _ending(self, end: End, why: str = "", do: str = "", flags: tuple[str, ...] = ()) -> Ending:
        return Ending(self._planned, end, why, do, flags, self._acted)


def _is_rest(shown: tuple[Action, ...], now: tuple[Action, ...]) -> bool:
    """Tell whether what is left is what was shown, in its order, less what is done already."""
    rest = iter(shown)
    return all(action in rest for action in now)


def _is_unhurried(action: Action) -> bool:
    sent = statement(action)
    return sent is not None and sent.unhurried


def _left_by_build(actions: tuple[Action, ...]) -> RemoveIndex | None:
    """Return what drops the index that a build has left, None where it has left none."""
    built = {a.index.temporary for a in actions if isinstance(a, BuildIndex)}
    drops = (a for a in actions if isinstance(a, RemoveIndex) and a.index in built)
    return next(drops, None)


def _touched(action: Action, table: TableFacts) -> TableFacts:
    """Return the table that an action works on: the step's own, or a partition of it."""
    for part in table.tree():
        match action:
            case BuildIndex(index) | AwaitBuild(index) if index.table == part.name:
                return part
            case RemoveIndex(name) if any(i.name == name for i in part.indexes):
                return part
    return table
