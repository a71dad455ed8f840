"""What is done about a build before it can fail on a row, and after it has failed."""

from __future__ import annotations

from collections.abc import Iterable

from outofband.catalog.facts import TableFacts
from outofband.model.index import Index
from outofband.runbook.hand import Hand, Screen, StatementFailed
from outofband.runbook.preflight.finding import Finding, Report
from outofband.runbook.preflight.rows import try_rows
from outofband.runbook.preflight.server import read_server
from outofband.runbook.reaction import Reaction, reaction
from outofband.runbook.stuck import Stuck
from outofband.runbook.temp_files import GiveUp, Retry, answer, less_memory, read_means

_NOT_THERE = "42704"
"""Of a build an operator class or a collation; of other statements the index, gone meanwhile."""


class Remedies:
    """Mends what stops the builds of one step, or says what a person has to mend."""

    def __init__(self, hand: Hand, screen: Screen, report: Report) -> None:
        self._hand, self._screen = hand, screen
        self._provider, self._tried = report.provider, set(report.tried)

    def before(self, index: Index, table: TableFacts) -> None:
        """Look at the rows, once, where the preflight had no time for all of them: a build fails on
        the first one that does not fit, after it has read those before it. Raises Stuck.
        """
        if index not in self._tried:
            self._tried.add(index)
            self._refuse(self._rows(index, table))

    def after(self, failed: StatementFailed, index: Index, table: TableFacts) -> None:
        """Mend what a build has failed on, so that the next one may succeed.

        Raises Stuck where a person has to, and the failure itself where nothing is known of it.
        """
        match reaction(failed.sqlstate):
            case Reaction.TEMP_FILES:
                self._screen.say(f"{index.name}: {failed.what}")
                self._set(index, answer(read_means(self._hand), table.heap_bytes, self._provider))
            case Reaction.MEMORY:
                self._screen.say(f"{index.name}: {failed.what}")
                self._set(index, less_memory(read_means(self._hand)))
            case Reaction.ROWS:
                self._refuse(self._rows(index, table))
                raise failed
            case _ if failed.sqlstate == _NOT_THERE:
                do = "Create what it names first, or correct the declaration"
                raise Stuck(failed.what, do)
            case Reaction.DISK:
                raise Stuck(failed.what, self._provider.disk)
            case _:
                raise failed

    def _rows(self, index: Index, table: TableFacts) -> Iterable[Finding]:
        version = read_server(self._hand).version
        return try_rows(self._hand, index, table, version) or ()

    def _refuse(self, findings: Iterable[Finding]) -> None:
        for found in findings:
            for row in found.rows:
                self._screen.show_secret(f"  {row}")
            if found.stops:
                raise Stuck(found.what, found.do)
            self._screen.say(found.what)

    def _set(self, index: Index, answered: Retry | GiveUp) -> None:
        match answered:
            case GiveUp(why, do):
                raise Stuck(why, do)
            case Retry(parameters, why):
                self._screen.say(f"{index.name}: {why}")
                for name, value in parameters:
                    self._hand.set(name, value)
