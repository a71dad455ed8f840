"""Build one index concurrently, and get through what stops builds: duplicates and
temp_file_limit.
"""

from __future__ import annotations

from enum import Enum

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import query
from outofband.model.index import Index
from outofband.model.statements import BuildIndex, statement
from outofband.runbook import duplicates
from outofband.runbook.duplicates import Duplicates
from outofband.runbook.hand import Hand, Screen, StatementFailed
from outofband.runbook.reaction import Reaction, reaction
from outofband.runbook.temp_files import GiveUp, Means, answer
from outofband.runbook.tuning import Tuning

_DEDUPE_ROUNDS = 5
_MOST_BUILDS = 12


class Dedupe(Enum):
    """What to do with duplicates that stop a unique index."""

    REPORT = "report"
    IDENTICAL = "identical"


class Stuck(Exception):
    """The build cannot go on without a person: ``why``, what to ``do``, and with which ``flags``
    the same command goes on.
    """

    def __init__(self, why: str, do: str, flags: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why, self.do, self.flags = why, do, flags


class Build:
    """The builds of one step: it counts rounds, so that no remedy is tried for ever.

    ``changed`` tells whether anything in the database was changed, a failed build's leftover
    included.
    """

    def __init__(self, hand: Hand, screen: Screen, dedupe: Dedupe) -> None:
        self._hand, self._screen, self._dedupe = hand, screen, dedupe
        self._rounds = 0
        self._builds = 0
        self._tuned: set[Index] = set()
        self.changed = False

    def run(self, index: Index, table: TableFacts, tuning: Tuning | None = None) -> None:
        """Build under the temporary name, once, with the settings of ``tuning``.

        A failure that was answered (rows moved, settings changed) returns too: the caller looks
        again, finds what the failure left, and comes back. Raises Stuck or StatementFailed for all
        others.
        """
        try:
            if index.unique:
                self._clear_duplicates(index, table)
            self._tune(index, tuning)
            self._send(index)
        except StatementFailed as failed:
            match reaction(failed.sqlstate):
                case Reaction.DUPLICATES:
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
        changed_before, self.changed = self.changed, True
        self._screen.statement(sent.sql)
        try:
            with self._screen.watching(index.name, self._hand.pid):
                self._hand.send(sent, fingerprint=index.fingerprint)
        except StatementFailed:
            self.changed = changed_before or self._has_left(index)
            raise

    def _has_left(self, index: Index) -> bool:
        left = "SELECT WHERE to_regclass(%(name)s) IS NOT NULL"
        return bool(self._hand.rows(left, {"name": str(index.temporary)}))

    def _clear_duplicates(self, index: Index, table: TableFacts) -> None:
        """Look before hours are spent: a unique build fails on the first duplicate it meets, at its
        end.
        """
        found = duplicates.count(self._hand, index)
        if not found.groups:
            return
        self._report(index, found)
        if self._dedupe is Dedupe.REPORT or not found.identical:
            flags = ("--dedupe", Dedupe.IDENTICAL.value) if found.identical else ()
            raise Stuck(f"{index.table} has duplicate rows", _what_to_do(found), flags)
        if self._rounds == _DEDUPE_ROUNDS:
            why = f"new duplicates have arrived {_DEDUPE_ROUNDS} times"
            raise Stuck(why, "Find the writer that multiplies rows")
        self._move(index, table)
        self._rounds += 1
        self._clear_duplicates(index, table)

    def _report(self, index: Index, found: Duplicates) -> None:
        self._screen.say(
            f"duplicates on {index.table} for {index.name}: groups {found.groups:,}, rows too many "
            f"{found.surplus:,}, of these identical to another row {found.identical:,}; groups "
            f"that differ {found.differing:,}"
        )
        for sample in duplicates.samples(self._hand, index):
            self._screen.show_secret(f"  {sample}")

    def _move(self, index: Index, table: TableFacts) -> None:
        if triggers := duplicates.delete_triggers(self._hand, table):
            raise Stuck(
                f"deleting a row of {index.table} fires {', '.join(triggers)}",
                "Disable what reaches for other rows while this runs, or move the rows by hand",
            )
        self.changed = True
        place = duplicates.quarantine_table(table)
        with self._screen.counting(f"rows moved from {index.table} to {place}") as moved:
            total = duplicates.quarantine(self._hand, index, table, moved)
        self._screen.say(f"{total} identical rows moved from {index.table} to {place}")

    def _answer_temp_files(self, index: Index, table: TableFacts) -> None:
        means = _means(self._hand)
        match answer(means, table.heap_bytes):
            case GiveUp(why, do):
                raise Stuck(why, do)
            case retry:
                self._screen.say(f"{index.name}: {retry.why}")
                for name, value in retry.parameters:
                    self._hand.set(name, value)


def _what_to_do(found: Duplicates) -> str:
    if not found.identical:
        return "Make the rows differ, or delete all but one of each group"
    move = "Add --dedupe identical, which moves identical rows into a quarantine table"
    return (
        f"{move}; {found.differing} groups that differ are for a person"
        if found.differing
        else move
    )


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
