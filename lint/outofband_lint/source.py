"""What the linter is given: revisions, and the statements each would send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outofband_lint.environment import Environment
from outofband_lint.problem import Problem as Problem
from outofband_lint.query import Query


@dataclass(frozen=True, slots=True)
class Source:
    """One statement as a migration would send it, and the place that sends it.

    `sql` has no trailing semicolon. `line` counts from 1 in the file `path`, and is the line of the
    revision that caused the statement, however deep the helper that sent it. `in_transaction` is
    False inside an autocommit block. `out_of_band` marks a step declared by one of our operations:
    `sql` is then the plain statement that it will come to. `barrier` is the step that
    `op.require_step` names; such a source sends no SQL and `sql` is empty. `rows_read` marks a
    question whose answer the revision reads: what follows is what a database without rows is sent.
    `existing_type` is what `op.alter_column` is told of the column whose type it changes,
    `existing_nullable` whether that from which it takes NULL could have one.
    """

    sql: str
    path: str
    line: int
    in_transaction: bool = True
    out_of_band: bool = False
    barrier: str | None = None
    rows_read: bool = False
    existing_type: str | None = None
    existing_nullable: bool | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: its place in the graph and what its `upgrade()` sends, in order.

    With a `problem`, `sources` hold only what the syntax tree of the revision gave. `downgrade` is
    what its `downgrade()` sends, None where nobody rendered it. `created` is the date in its head,
    as ISO 8601, empty where there is none. `branch_labels` are those that the file itself gives.
    """

    id: str
    path: str
    down_revisions: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    problem: Problem | None = None
    downgrade: tuple[Source, ...] | None = None
    created: str = ""
    branch_labels: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """The first line that does something, for findings about the revision as a whole."""
        lines = [source.line for source in self.sources]
        return min(lines, default=self.problem.line if self.problem else 1)

    @property
    def parents(self) -> tuple[str, ...]:
        """All that must have run before it."""
        return self.down_revisions + self.depends_on

    @property
    def is_sql_file(self) -> bool:
        """Whether it is a file of SQL and no revision of Alembic's."""
        return self.id == self.path

    @property
    def sent(self) -> tuple[object, ...]:
        """What `upgrade()` does, equal for all that do the same, on whatever lines."""
        statements = tuple(
            (source.sql, source.in_transaction, source.out_of_band, source.barrier)
            for source in self.sources
        )
        return statements, self.problem.reason if self.problem else None


@dataclass(frozen=True, slots=True)
class Base:
    """The project at the commit where the branch began; its revisions are in upgrade order.

    `edited` are those whose `upgrade()` was written otherwise there, whatever it sends.
    """

    revisions: tuple[Revision, ...] = ()
    environment: Environment | None = None
    edited: frozenset[str] = frozenset()
    queries: Sequence[Query] = ()

    @property
    def ids(self) -> frozenset[str]:
        """The revisions that exist there."""
        return frozenset(revision.id for revision in self.revisions)

    def unlike(self, now: Iterable[Revision]) -> frozenset[str]:
        """Return the revisions that are new since the base, or edited, or send other statements.

        What is sent is compared too, so that a changed helper counts; it alone would not show an
        edit of what could not be rendered.
        """
        then = {revision.id: revision.sent for revision in self.revisions}
        return frozenset(r.id for r in now if r.id in self.edited or then.get(r.id) != r.sent)
