"""The examples that a rule carries: its documentation and its tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from outofband_lint.environment import Environment
from outofband_lint.query import Query
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Problem, Revision, Source
from outofband_lint.suppression import Suppression, parsed

PATH = "versions/2_example.py"
"""The file that an example is taken to stand in."""

TODAY = date(2026, 11, 27)
"""The day on which an example is judged."""


@dataclass(frozen=True, slots=True)
class Example:
    """A revision to judge, under some settings.

    `sql` is what it sends, in an autocommit block or not, declared `out_of_band` or not; after it
    may stand the `barrier` on a step. `problem` is why the revision could not be rendered. Instead
    of `sql`, `sources` are several sources in order; instead of both, `chain` is the whole history,
    whose last revision is judged. `comment` stands behind the statement, with its `#`.

    `data` puts rows into the tables of `given`, so that a server shows the failure; `measured` is
    False for an example that no server can show: a table that nobody created, a rule about Python.
    """

    sql: str = ""
    autocommit: bool = False
    out_of_band: bool = False
    barrier: str | None = None
    problem: str | None = None
    settings: Settings = field(default_factory=Settings)
    sources: tuple[Source, ...] = ()
    chain: tuple[Revision, ...] = ()
    base: Base | None = None
    environment: Environment | None = None
    queries: tuple[Query, ...] = ()
    data: str = ""
    measured: bool = True
    comment: str = ""

    @property
    def suppressions(self) -> tuple[Suppression, ...]:
        """What the comment allows."""
        found = parsed(self.comment, PATH, 8, 8, 8)
        return (found,) if found is not None else ()

    def revisions(self, given: str) -> tuple[Revision, ...]:
        """Return the example as the second of two revisions, after one that sends `given`."""
        if self.chain:
            return self.chain
        problem = None if self.problem is None else Problem(self.problem, 10)
        return (
            Revision(
                "1", "versions/1_given.py", sources=(Source(given, "versions/1_given.py", 8),)
            ),
            Revision("2", PATH, down_revisions=("1",), sources=self._sent(), problem=problem),
        )

    def _sent(self) -> tuple[Source, ...]:
        if self.sources:
            return self.sources
        only = Source(
            self.sql, PATH, 8, in_transaction=not self.autocommit, out_of_band=self.out_of_band
        )
        barrier = Source("", PATH, 9, barrier=self.barrier)
        return tuple(source for source in (only, barrier) if source.sql or source.barrier)
