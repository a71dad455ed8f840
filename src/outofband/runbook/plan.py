"""Decide what `apply` would do: from where the steps stand to the actions that finish them.

Pure: no connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from outofband.catalog.classify import resolved
from outofband.catalog.constraining import proof_left
from outofband.catalog.facts import Observation, TableFacts
from outofband.catalog.standing import Standing
from outofband.errors import Misuse
from outofband.model.action import Action, RunBackfill
from outofband.model.index import Index
from outofband.model.state import State
from outofband.model.step import (
    AddConstraint,
    Backfill,
    ConstraintIndex,
    CreateIndex,
    SetNotNull,
    Step,
    Wanted,
)
from outofband.runbook.deciding.decide import decide
from outofband.runbook.deciding.repair import leftovers
from outofband.runbook.deciding.undo import undo
from outofband.runbook.sizing.estimate import Forecast
from outofband.runbook.sizing.tuning import Tuning


class StepUnknown(Misuse):
    """``--only`` names a step that no revision declares."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One pending step: what will be done for it, in order, or the ``obstacle`` a person has to
    remove.

    ``forecasts`` are of its builds, where somebody asked for them (:mod:`.forecast`).
    """

    standing: Standing
    actions: tuple[Action, ...] = ()
    obstacle: str = ""
    heap_bytes: int = 0
    row_estimate: float = -1
    forecasts: tuple[Forecast, ...] = ()

    @property
    def step(self) -> Step:
        """The step as its revision declares it."""
        return self.standing.step

    def tuning(self, index: Index) -> Tuning | None:
        """Return the settings that the build of an index was planned with; None without a
        forecast of it.
        """
        return next((f.tuning for f in self.forecasts if f.index == index), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """The pending steps in the order in which ``apply`` takes them."""

    steps: tuple[PlannedStep, ...]

    @property
    def does_nothing(self) -> bool:
        """Whether there is no action in it."""
        return not any(p.actions for p in self.steps)

    def seconds(self, index: Index) -> float | None:
        """Return how long the build of an index is estimated to take; None where nobody knows."""
        forecasts = (f for p in self.steps for f in p.forecasts if f.index == index)
        return next((f.estimate.seconds for f in forecasts), None)


def plan(
    standings: Iterable[Standing],
    seen: Observation,
    *,
    only: Collection[str] = (),
    inline_max_bytes: int = 0,
) -> Plan:
    """Plan what is pending; with ``only``, the steps of these names and those that they wait for.

    An unwanted object is touched only when it is named, and a large table's last index never.
    """
    standing = tuple(standings)
    chosen = _chosen(standing, only)
    return Plan(
        tuple(
            planned
            for s in standing
            if (not only or s.step.name in chosen)
            for planned in _planned(s, seen, s.step.name in only, inline_max_bytes)
        )
    )


def require_known(only: Iterable[str], wanted: Wanted) -> None:
    """Refuse names that no revision declares; raises StepUnknown.

    Whether a step is still to be done, or there at all, changes while a plan runs; this does not.
    """
    known = {w.step.name for w in (*wanted.steps, *wanted.unapplied)}
    for name in only:
        if name not in known:
            raise StepUnknown(
                f"no step is called {name!r}", do="Run outofband status for the names"
            )


def _chosen(standing: tuple[Standing, ...], only: Collection[str]) -> frozenset[str]:
    chosen: frozenset[str] = frozenset()
    more = frozenset(only)
    while more - chosen:
        chosen |= more
        more = frozenset(w for s in standing if s.step.name in chosen for w in s.waits_for)
    return chosen


def _planned(
    standing: Standing, seen: Observation, named: bool, inline_max_bytes: int
) -> Iterable[PlannedStep]:
    table = seen.table(standing.step.table)
    if standing.state is State.UNWANTED:
        if named and table is not None:
            yield _removal(standing, table, inline_max_bytes)
        return
    if standing.done:
        yield from _left_behind(standing, table)
        yield from _without_verdict(standing)
        return
    if table is None:
        yield PlannedStep(standing, obstacle=f"there is no table {standing.step.table}")
        return
    actions, obstacle = decide(resolved(standing.step, table), standing, table, named=named)
    yield PlannedStep(standing, actions, obstacle, table.heap_bytes, table.row_estimate)


def _left_behind(standing: Standing, table: TableFacts | None) -> Iterable[PlannedStep]:
    """Clear away what a build of ours left when somebody else finished the step by hand."""
    if table is None or any(part.workers for part in table.tree()):
        return
    match resolved(standing.step, table), standing.sight.key:
        case (CreateIndex(index), _) | (AddConstraint(), ConstraintIndex(index)):
            actions = tuple(leftovers(index, table))
        case SetNotNull() as step, _:
            actions = proof_left(step, standing.sight, table)
        case _:
            return
    if actions:
        yield PlannedStep(standing, actions, "", table.heap_bytes, table.row_estimate)


def _without_verdict(standing: Standing) -> Iterable[PlannedStep]:
    """Have the verdict written on a backfill of which nothing is left: a deploy and `ready()` read
    that alone, and do not ask the data.
    """
    facts, step = standing.sight.backfill, standing.step
    if isinstance(step, Backfill) and facts and not facts.finished:
        yield PlannedStep(standing, (RunBackfill(step),))


def _removal(standing: Standing, table: TableFacts, inline_max_bytes: int) -> PlannedStep:
    found = standing.sight.index
    actions, obstacle = undo(standing.step, table, standing.sight)
    is_last = [index for index in table.indexes if index.valid] == [found]
    if not obstacle and table.heap_bytes > inline_max_bytes and is_last:
        actions, obstacle = (), "it is the last index of a large table"
    return PlannedStep(standing, actions, obstacle, table.heap_bytes, table.row_estimate)
