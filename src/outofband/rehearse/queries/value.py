"""What the gate knows of a query, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband.pretend.plan import Plan
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query
from outofband_lint.spelling import create_index
from outofband_lint.statement import CreateIndex

WORSE = 2.0
"""From how many times the cost on a plan of another shape counts as worse: below that lies what the
planner's own figures are off by (decision 0028)."""
_NOTICED = 100.0
"""And by how much in the planner's unit, a page read in sequence: what nobody notices is no
finding."""

FaultKind = Literal["sequential-scan", "filter-discards", "sort-spills"]


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Why the server has no plan for a query: it does not parse, or names what is not there."""

    why: str
    sqlstate: str = ""


Outcome = Plan | Unplanned


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An index that was built on the server, and the plan that the query had with it."""

    index: CreateIndex
    plan: Plan

    @property
    def operation(self) -> str:
        """How a revision declares it."""
        return create_index("create_index_out_of_band", self.index)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one node of a plan, on a large table.

    ``scan`` reads the table, and is the node itself or below it. ``table`` is the partitioned one
    where the scan reads a partition; ``why`` says what is wrong, in a sentence without its end, in
    figures where it is ``sized``. ``keeps_most`` tells that most of what is read is asked for,
    ``is_old`` that a query which was there before had it before.
    """

    kind: FaultKind
    table: QualifiedName
    node: Plan
    scan: Plan
    why: str
    sized: bool = True
    keeps_most: bool = False
    is_old: bool = False
    suggestion: Suggestion | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A query, its plans and what is wrong at head.

    ``base`` is the plan before the rehearsed revisions, None where there is nothing before them, or
    nothing to compare;
    ``head`` that when the revisions and all their steps out of band are done, None where the
    upgrade failed; ``deferred`` that between the upgrade and ``outofband apply``, None where it is
    the one at head. Costs mean something only where the query is ``sized``. A ``known`` query was
    asked before the branch, so that what is wrong with it at base too is nobody's finding; an
    ``observed`` one was seen in production, and may be anybody's.
    """

    query: Query
    known: bool = False
    observed: bool = False
    sized: bool = False
    base: Outcome | None = None
    head: Outcome | None = None
    deferred: Outcome | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def got_worse(self) -> bool:
        """Whether the plan at head is another one and costs a multiple of the one at base."""
        return self.sized and is_worse(self.base, self.head)

    @property
    def waits_for_steps(self) -> bool:
        """Whether the plan is worse than at base until the steps out of band are done."""
        return self.sized and is_worse(self.base, self.deferred)


def is_worse(before: Outcome | None, after: Outcome | None) -> bool:
    """Tell whether a plan is another one and costs a multiple."""
    if not isinstance(before, Plan) or not isinstance(after, Plan):
        return False
    dearer = after.total_cost - before.total_cost >= _NOTICED
    return dearer and after.total_cost >= WORSE * before.total_cost and after.shape != before.shape
