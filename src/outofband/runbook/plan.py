"""Decide what `apply` would do: from where the steps stand to the actions that finish them.

Pure: no connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import assert_never

from outofband.catalog.classify import resolved
from outofband.catalog.facts import IndexFacts, Observation, TableFacts
from outofband.catalog.promotion import obstacle as promotion_obstacle
from outofband.catalog.standing import Standing
from outofband.errors import Misuse
from outofband.model.index import Index
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.statements import (
    Action,
    AwaitBuild,
    BuildIndex,
    DropConstraint,
    Promote,
    RemoveIndex,
    RenameIndex,
)
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step, Wanted
from outofband.runbook import partitions
from outofband.runbook.estimate import Forecast
from outofband.runbook.tuning import Tuning


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
        return
    if table is None:
        yield PlannedStep(standing, obstacle=f"there is no table {standing.step.table}")
        return
    actions, obstacle = _actions(resolved(standing.step, table), standing, table)
    yield PlannedStep(standing, actions, obstacle, table.heap_bytes, table.row_estimate)


def _left_behind(standing: Standing, table: TableFacts | None) -> Iterable[PlannedStep]:
    """Clear away what a build of ours left when somebody else finished the step by hand."""
    if table is None or any(part.workers for part in table.tree()):
        return
    match resolved(standing.step, table):
        case CreateIndex(index):
            actions = tuple(_leftovers(index, table))
            if actions:
                yield PlannedStep(standing, actions, "", table.heap_bytes, table.row_estimate)


def _leftovers(index: Index, table: TableFacts) -> Iterable[Action]:
    for part in table.tree():
        own = index if part is table else index.part(part.name)
        ours = {own.temporary} if part is table else {own.temporary, own.qualified_name}
        for left in part.indexes:
            if left.name in ours and not left.attached:
                yield RemoveIndex(left.name, left.partitioned)


Decision = tuple[tuple[Action, ...], str]


def _actions(step: Step, standing: Standing, table: TableFacts) -> Decision:
    match step:
        case CreateIndex():
            return _build(step, standing, table)
        case DropIndex():
            return _drop(table.name.renamed(step.name), standing.sight.index)
        case AddConstraint():
            return _promote(step, standing, table)
        case _:
            assert_never(step)


def _build(step: CreateIndex, standing: Standing, table: TableFacts) -> Decision:
    index, sight = step.index, standing.sight
    build = BuildIndex(index), RenameIndex(index.temporary, index.name)
    match sight.state:
        case State.ABSENT | State.PARTITION_INCOMPLETE if table.partitioned:
            if stuck := partitions.obstacle(index, table, sight.index):
                return (), stuck
            return partitions.cover(index, table, sight.index), ""
        case State.ABSENT:
            return build, ""
        case State.BUILDING if sight.pid is not None:
            return (AwaitBuild(index, sight.pid), build[1]), ""
        case State.INVALID | State.INVALID_ENFORCING if sight.index is not None:
            return (RemoveIndex(sight.index.name), *build), ""
        case State.VALID_OTHER_NAME if sight.index is not None:
            return (RenameIndex(sight.index.name, index.name),), ""
        case _:
            return (), sight.reason or f"it is {sight.state.value.replace('_', ' ')}"


def _drop(name: QualifiedName, found: IndexFacts | None) -> Decision:
    if found is None:  # an earlier step of this plan builds it first
        return (RemoveIndex(name),), ""
    if found.constraint:
        return (), f"constraint {found.constraint} owns the index; a revision has to drop it"
    if found.parent is not None:
        return (), f"the index is a part of {found.parent}, and goes with that alone"
    return (RemoveIndex(found.name, found.partitioned),), ""


def _promote(step: AddConstraint, standing: Standing, table: TableFacts) -> Decision:
    if standing.state is not State.ABSENT:
        return (), standing.sight.reason or "a constraint of that name has other columns"
    in_the_way = "" if standing.waits_for else promotion_obstacle(step, table)
    return ((), in_the_way) if in_the_way else ((Promote(step),), "")


def _undo(step: Step, table: TableFacts, found: IndexFacts | None) -> Decision:
    if isinstance(step, AddConstraint):
        return (DropConstraint(table.name, step.name),), ""
    return _drop(table.name.renamed(step.name), found)


def _removal(standing: Standing, table: TableFacts, inline_max_bytes: int) -> PlannedStep:
    found = standing.sight.index
    actions, obstacle = _undo(standing.step, table, found)
    is_last = [index for index in table.indexes if index.valid] == [found]
    if not obstacle and table.heap_bytes > inline_max_bytes and is_last:
        actions, obstacle = (), "it is the last index of a large table"
    return PlannedStep(standing, actions, obstacle, table.heap_bytes, table.row_estimate)
