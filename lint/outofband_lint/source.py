"""What the linter is given: revisions, and the statements each would send."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One statement as a migration would send it, and the place that sends it.

    `sql` has no trailing semicolon. `line` counts from 1 in the file `path`, and is the line of the
    revision that caused the statement, however deep the helper that sent it. `in_transaction` is
    False inside an autocommit block. `out_of_band` marks a step declared by one of our operations:
    `sql` is then the plain statement that it will come to. `barrier` is the step that
    `op.require_step` names; such a source sends no SQL and `sql` is empty.
    """

    sql: str
    path: str
    line: int
    in_transaction: bool = True
    out_of_band: bool = False
    barrier: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a revision could not be rendered completely, and the line that stopped it."""

    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: its place in the graph and what its `upgrade()` sends, in order.

    With a `problem`, `sources` hold only what the syntax tree of the revision gave.
    """

    id: str
    path: str
    down_revisions: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    problem: Problem | None = None
