"""Do one action of a planned step, watched, and know whether that changed anything."""

from __future__ import annotations

import time
from contextlib import nullcontext

from outofband.catalog.facts import TableFacts, Worker
from outofband.catalog.reader import query
from outofband.model.action import (
    Action,
    AnalyzeTable,
    AwaitBuild,
    BuildIndex,
    RebuildIndex,
    Refresh,
    RemoveIndex,
    RepairIndex,
    Validate,
)
from outofband.model.index import Index
from outofband.model.sqlstates import INSUFFICIENT_PRIVILEGE, LOCK_NOT_AVAILABLE, QUERY_CANCELED
from outofband.model.statement import Statement
from outofband.model.step import RowConstraint
from outofband.runbook.build import Build
from outofband.runbook.duplicates.policy import Policy
from outofband.runbook.hand import StatementFailed
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight import Report
from outofband.runbook.stuck import Stuck
from outofband.runbook.violations import VIOLATED, count, remedy
from outofband.runbook.waiting import GivenUp
from outofband.runbook.world import World

_POLL_SECONDS = 0.2
_COUNTING_SECONDS = 60.0
"""For how long the rows that a validation has failed on are counted."""


class Doing:
    """What one run does for one step."""

    def __init__(self, planned: PlannedStep, world: World, dedupe: Policy, report: Report) -> None:
        self._planned, self._world, self._dedupe, self._report = planned, world, dedupe, report
        self._builds: dict[Index, Build] = {}
        self._unseen: set[AnalyzeTable | RebuildIndex | Refresh] = set()
        self._begun = self._sent = False

    @property
    def begun(self) -> bool:
        """Whether anything was done for the step, or waited for, even if nothing is left of it."""
        return self._begun or self.acted

    @property
    def acted(self) -> bool:
        """Whether anything is changed for the step: what its own builds left, and it dropped again,
        is not.
        """
        return self._sent or any(build.changed for build in self._builds.values())

    def first(self, left: tuple[Action, ...]) -> Action:
        """Return the next of the actions that are left. That a table was analysed shows in no
        catalog that every role may read, nor what was built anew until it is marked: a run does it
        once, and one that died once more.
        """
        return next(action for action in left if action not in self._unseen)

    def do(self, action: Action, table: TableFacts) -> None:
        """Do one action on the table that it touches. Raises Stuck, GivenUp, StatementFailed and
        SessionLost.
        """
        match action:
            case BuildIndex(index):
                new = Build(self._world, self._dedupe, self._planned.step.name, self._report)
                tuning = self._planned.tuning(index)
                self._builds.setdefault(index, new).run(index, table, tuning)
            case AwaitBuild(index, pid):
                self._begun = True
                self._await_end(f"build of {index.name}, left running", pid, table)
            case RemoveIndex():
                self._remove(action)
            case RepairIndex(index):
                self._tune(index)
                self._send_action(action)
            case AnalyzeTable() | RebuildIndex() | Refresh():
                self._send_action(action)
                self._unseen.add(action)
            case Validate():
                self._validate(action, table)
            case _:
                self._send_action(action)

    def let_finish(self, worker: Worker, table: TableFacts) -> None:
        """Wait for another's build: of two on one table Postgres ends the queued one (40P01)."""
        who = f"pid {worker.pid} ({worker.application_name or 'no application name'})"
        self._world.screen.say(f"{who} works on {table.name}; waiting for it")
        self._await_end(f"work of pid {worker.pid} on {table.name}", worker.pid, table)

    def clear_away(self, left_to_do: tuple[Action, ...]) -> str:
        """Drop what a build has left, as far as nobody is in the way; return what is left then."""
        left = left_by_build(left_to_do)
        if left is None:
            return ""
        try:
            self._remove(left)
        except (GivenUp, StatementFailed):
            return str(left.index)
        return ""

    def _remove(self, action: RemoveIndex) -> None:
        """Drop an index; that of what a build of this run has left makes the world as it was."""
        left = (b for i, b in self._builds.items() if i.temporary == action.index and b.has_left)
        own, sent_before = next(left, None), self._sent
        self._begun = True
        self._send_action(action)
        if own is not None:
            self._sent, own.has_left = sent_before, False

    def _validate(self, action: Validate, table: TableFacts) -> None:
        """Validate a constraint; where a row violates it, tell which. Raises Stuck."""
        try:
            self._send_action(action)
        except StatementFailed as failed:
            step, sight = self._planned.step, self._planned.standing.sight
            if failed.sqlstate not in VIOLATED:
                raise
            assert isinstance(step, RowConstraint)
            found = count(self._world.hand, step, sight, table, seconds=_COUNTING_SECONDS)
            raise Stuck(found.told, remedy(step, found.query)) from None

    def _tune(self, index: Index) -> None:
        if tuning := self._planned.tuning(index):
            for name, value in tuning.parameters:
                self._world.hand.set(name, value)

    def _send_action(self, action: Action) -> None:
        sent = action.statement
        assert sent is not None
        self._send(sent)

    def _send(self, sent: Statement) -> None:
        hand, screen = self._world.hand, self._world.screen
        screen.statement(sent.sql)
        sent_before, self._sent = self._sent, True
        watched = screen.watching(self._planned.step.name, hand.pid)
        try:
            with watched if sent.unhurried or sent.harmless else nullcontext():
                hand.send(sent)
        except StatementFailed as failed:
            # What fails half-way never does for a privilege.
            is_refused = failed.sqlstate == INSUFFICIENT_PRIVILEGE
            halfway = (sent.unhurried or sent.in_parts) and not is_refused
            self._sent = sent_before or halfway
            if sent.bounded and failed.sqlstate == QUERY_CANCELED:
                what = "the locks were not free in time"
                raise StatementFailed(LOCK_NOT_AVAILABLE, what) from None
            raise

    def _await_end(self, what: str, pid: int, table: TableFacts) -> None:
        """Wait until a server process works on the table no more; its session may live on."""
        hand, tables = self._world.hand, {"tables": [table.oid]}
        with self._world.screen.watching(what, pid) as check:
            while any(row["pid"] == pid for row in hand.rows(query("workers"), tables)):
                check()
                time.sleep(_POLL_SECONDS)


def touched(action: Action, table: TableFacts) -> TableFacts:
    """Return the table that an action works on: the step's own, or a partition of it."""
    for part in table.tree():
        match action:
            case BuildIndex(index) | AwaitBuild(index) if index.table == part.name:
                return part
            case AnalyzeTable(name) if name == part.name:
                return part
            case Validate(name) if name == part.name:
                return part
            case RemoveIndex(name) if any(i.name == name for i in part.indexes):
                return part
    return table


def left_by_build(actions: tuple[Action, ...]) -> RemoveIndex | None:
    """Return what drops the index that a build has left, None where it has left none."""
    built = {a.index.temporary for a in actions if isinstance(a, BuildIndex)}
    drops = (a for a in actions if isinstance(a, RemoveIndex) and a.index in built)
    return next(drops, None)
