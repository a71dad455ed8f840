"""Build one index concurrently, and get through what stops builds: duplicates and
temp_file_limit.
"""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import query
from outofband.model.index import Index
from outofband.model.statements import BuildIndex, statement
from outofband.runbook.duplicates.clear import Clearing
from outofband.runbook.duplicates.policy import Policy
from outofband.runbook.hand import Hand, StatementFailed
from outofband.runbook.reaction import Reaction, reaction
from outofband.runbook.stuck import Stuck
from outofband.runbook.temp_files import GiveUp, Means, answer
from outofband.runbook.tuning import Tuning
from outofband.runbook.world import World

_MOST_BUILDS = 12


class Build:
    """The builds of one step: it counts, so that no remedy is tried for ever."""

    def __init__(self, world: World, policy: Policy, step: str) -> None:
        self._hand, self._screen = world.hand, world.screen
        self._clearing = Clearing(world, policy, step)
        self._builds = 0
        self._tuned: set[Index] = set()
        self._sent = False

    @property
    def changed(self) -> bool:
        """Whether anything in the database was changed, a failed build's leftover included."""
        return self._sent or self._clearing.changed

    def run(self, index: Index, table: TableFacts, tuning: Tuning | None = None) -> None:
        """Build under the temporary name, once, with the settings of ``tuning``.

        A failure that was answered (rows moved, settings changed) returns too: the caller looks
        again, finds what the failure left, and comes back. Raises Stuck or StatementFailed for all
        others.
        """
        try:
            if index.unique:
                self._clearing.clear(index, table)
            self._tune(index, tuning)
            self._send(index)
        except StatementFailed as failed:
            match reaction(failed.sqlstate):
                case Reaction.DUPLICATES:
                    self._clearing.arrived()
                    self._screen.say(f"{index.name}: a duplicate arrived during the build")
                case Reaction.TEMP_FILES:
                    self._screen.say(f"{index.name}: {failed.what}")
                    self._answer_temp_files(index, table)
                case _:
                    raise

    def _tune(self, index: Index, tuning: Tuning | None) -> None:
        """Set workers and memory before the first build of an index: after a failure, what was
        answered to it holds.
        """
        if tuning is None or index in self._tuned:
            return
        self._tuned.add(index)
        for name, value in tuning.parameters:
            self._hand.set(name, value)

    def _send(self, index: Index) -> None:
        sent = statement(BuildIndex(index))
        assert sent is not None
        self._builds += 1
        if self._builds > _MOST_BUILDS:
            raise Stuck(f"it failed {_MOST_BUILDS} times", "Read what each build said above")
        sent_before, self._sent = self._sent, True
        self._screen.statement(sent.sql)
        try:
            with self._screen.watching(index.name, self._hand.pid):
                self._hand.send(sent, fingerprint=index.fingerprint)
        except StatementFailed:
            self._sent = sent_before or self._has_left(index)
            raise

    def _has_left(self, index: Index) -> bool:
        left = "SELECT WHERE to_regclass(%(name)s) IS NOT NULL"
        return bool(self._hand.rows(left, {"name": str(index.temporary)}))

    def _answer_temp_files(self, index: Index, table: TableFacts) -> None:
        means = _means(self._hand)
        match answer(means, table.heap_bytes):
            case GiveUp(why, do):
                raise Stuck(why, do)
            case retry:
                self._screen.say(f"{index.name}: {retry.why}")
                for name, value in retry.parameters:
                    self._hand.set(name, value)


def _means(hand: Hand) -> Means:
    row = hand.rows(query("means"))[0]
    version, superuser = row["version"], row["superuser"]
    may = superuser or (
        version >= 150000 and bool(hand.rows(query("may_set_temp_file_limit"))[0]["may"])
    )
    return Means(
        role=row["role"],
        limit_kb=row["temp_file_limit_kb"],
        memory_kb=row["maintenance_work_mem_kb"],
        maintenance_workers=row["maintenance_workers"],
        workers=row["workers"],
        may_raise_limit=may,
        server_version=version,
    )
