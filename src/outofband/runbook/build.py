"""Build one index concurrently, and get through what stops builds."""

from __future__ import annotations

from contextlib import suppress

from outofband.catalog.facts import TableFacts
from outofband.model.action import BuildIndex, RemoveIndex
from outofband.model.index import Index
from outofband.runbook.duplicates.clear import Clearing
from outofband.runbook.duplicates.policy import Policy
from outofband.runbook.hand import StatementFailed
from outofband.runbook.preflight import Report
from outofband.runbook.reaction import Reaction, reaction
from outofband.runbook.remedies import Remedies
from outofband.runbook.sizing.tuning import Tuning
from outofband.runbook.stuck import Stuck
from outofband.runbook.waiting import GivenUp
from outofband.runbook.world import World

_MOST_BUILDS = 12


class Build:
    """The builds of one step: it counts, so that no remedy is tried for ever."""

    def __init__(self, world: World, policy: Policy, step: str, report: Report) -> None:
        self._hand, self._screen = world.hand, world.screen
        self._clearing = Clearing(world, policy, step)
        self._remedies = Remedies(world.hand, world.screen, report)
        self._builds = 0
        self._tuned = self._built = False
        self.has_left = False
        """Whether a failed build has left an INVALID index that nobody has dropped yet."""

    @property
    def changed(self) -> bool:
        """Whether anything in the database is changed, what a failed build has left included."""
        return self._built or self.has_left or self._clearing.changed

    def run(self, index: Index, table: TableFacts, tuning: Tuning | None = None) -> None:
        """Build under the temporary name, once, with the settings of ``tuning``.

        A failure that was answered (rows moved, settings changed) returns too: the caller looks
        again, finds what the failure left, and comes back. Raises Stuck or StatementFailed for all
        others, after it has cleared away what was left where there is nothing to come back for.
        """
        try:
            self._tune(tuning)
            self._remedies.before(index, table)
            if index.unique:
                self._clearing.clear(index, table)
            self._send(index)
        except StatementFailed as failed:
            if reaction(failed.sqlstate) is Reaction.DUPLICATES:
                self._clearing.arrived()
                self._screen.say(f"{index.name}: a duplicate arrived during the build")
            else:
                self._mend(failed, index, table)

    def _mend(self, failed: StatementFailed, index: Index, table: TableFacts) -> None:
        try:
            self._remedies.after(failed, index, table)
        except (Stuck, StatementFailed):
            if reaction(failed.sqlstate) is not Reaction.RETRY:
                self._clear_away(index)
            raise

    def _tune(self, tuning: Tuning | None) -> None:
        """Set workers and memory before the first build: what later answers a failure holds."""
        if tuning is None or self._tuned:
            return
        self._tuned = True
        for name, value in tuning.parameters:
            self._hand.set(name, value)

    def _send(self, index: Index) -> None:
        sent = BuildIndex(index).statement
        self._builds += 1
        if self._builds > _MOST_BUILDS:
            raise Stuck(f"it failed {_MOST_BUILDS} times", "Read what each build said above")
        self.has_left = True
        self._screen.statement(sent.sql)
        try:
            with self._screen.watching(index.name, self._hand.pid):
                self._hand.send(sent, fingerprint=index.fingerprint)
        except StatementFailed:
            self.has_left = self._is_there(index)
            raise
        self._built = True

    def _is_there(self, index: Index) -> bool:
        left = "SELECT WHERE to_regclass(%(name)s) IS NOT NULL"
        return bool(self._hand.rows(left, {"name": str(index.temporary)}))

    def _clear_away(self, index: Index) -> None:
        """Drop what a failed build has left: it takes space, and where its first scan was done it
        costs every write, and enforces. Where that fails too, the next run does it.
        """
        if not self.has_left:
            return
        sent = RemoveIndex(index.temporary).statement
        self._screen.statement(sent.sql)
        with suppress(StatementFailed, GivenUp):
            with self._screen.watching(index.name, self._hand.pid):
                self._hand.send(sent)
            self.has_left = False
