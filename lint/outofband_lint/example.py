"""The examples that a rule carries: its documentation and its tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from outofband_lint.settings import Settings
from outofband_lint.source import Problem, Revision, Source


@dataclass(frozen=True, slots=True)
class Example:
    """A revision to judge, under some settings.

    `sql` is what it sends, in an autocommit block or not, declared `out_of_band` or not; after it
    may stand the `barrier` on a step. `problem` is why the revision could not be rendered.
    """

    sql: str = ""
    autocommit: bool = False
    out_of_band: bool = False
    barrier: str | None = None
    problem: str | None = None
    settings: Settings = field(default_factory=Settings)

    def revisions(self, given: str) -> tuple[Revision, ...]:
        """Return the example as the second of two revisions, after one that sends `given`."""
        sources = [
            Source(
                self.sql,
                "versions/2_example.py",
                8,
                in_transaction=not self.autocommit,
                out_of_band=self.out_of_band,
            )
        ]
        if self.barrier is not None:
            sources.append(Source("", "versions/2_example.py", 9, barrier=self.barrier))
        problem = None if self.problem is None else Problem(self.problem, 10)
        return (
            Revision(
                "1", "versions/1_given.py", sources=(Source(given, "versions/1_given.py", 8),)
            ),
            Revision(
                "2",
                "versions/2_example.py",
                down_revisions=("1",),
                sources=tuple(source for source in sources if source.sql or source.barrier),
                problem=problem,
            ),
        )
