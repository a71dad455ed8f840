"""Which of the wanted steps are done, of those that lean on each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
from outofband.model.state import BUILT, State
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
    RefreshView,
    Reindex,
    SetNotNull,
    Step,
)


def done_places(
    steps: tuple[Step, ...], sights: tuple[Sight, ...], waits: tuple[tuple[int, ...], ...]
) -> frozenset[int]:
    """Return the positions that are done: the largest set in which each one's reason holds.

    The largest, because the steps may lean on each other in a circle (a build is done when its drop
    is, a drop when earlier builds are), and a chain whose net effect is nothing is done when
    nothing is there.
    """
    chain = _Chain(steps, sights, waits, _users(steps), _table_drops(steps))
    done = frozenset(range(len(steps)))
    while (fewer := frozenset(n for n in done if chain.holds(n, done))) != done:
        done = fewer
    return done


@dataclass(frozen=True, slots=True)
class _Chain:
    """The steps in order, where each stands and what it waits for, by place; and the places of
    those that use an index or drop a table.
    """

    steps: tuple[Step, ...]
    sights: tuple[Sight, ...]
    waits: tuple[tuple[int, ...], ...]
    users: dict[tuple[QualifiedName, str], list[int]]
    gone: dict[QualifiedName, list[int]]

    def holds(self, n: int, done: frozenset[int]) -> bool:
        """Tell whether a step is done, provided that those of ``done`` are."""
        step, sight = self.steps[n], self.sights[n]
        if any(m in done for table in _tables(step) for m in self.gone.get(table, ()) if m > n):
            return True
        match step:
            case CreateIndex(index):
                built = sight.state in BUILT and sight.replaced is None
                later = (m for m in self.users.get((index.table, index.name), ()) if m > n)
                taken = (m in done or _owns(self.steps[m], self.sights[m]) for m in later)
                return built or any(taken)
            case DropIndex() | DetachPartition() | DropTable() | DropColumn():
                return sight.state is State.ABSENT and done.issuperset(self.waits[n])
            case AddConstraint() | AddCheck() | AddForeignKey() | SetNotNull() | AddEnumValue():
                return sight.state is State.VALID
            case Reindex(table=table, index=name):
                later = (m for m in self.users.get((table, name), ()) if m > n)
                gone_by = (m for m in later if isinstance(self.steps[m], DropIndex))
                return sight.state is State.FINISHED or any(m in done for m in gone_by)
            case Backfill() | RefreshView():
                return sight.state is State.FINISHED


def _owns(step: Step, sight: Sight) -> bool:
    """Tell whether a constraint has taken its index, though that has to be repaired by now."""
    return (
        isinstance(step, AddConstraint)
        and sight.index is not None
        and sight.index.constraint == step.name
        and sight.state is not State.DIFFERENT
    )


def _users(steps: Iterable[Step]) -> dict[tuple[QualifiedName, str], list[int]]:
    """Return the places of the steps that consume or remove an index, by its table and name."""
    users: dict[tuple[QualifiedName, str], list[int]] = {}
    for n, step in enumerate(steps):
        match step:
            case DropIndex(name, table) | AddConstraint(table=table, using_index=name):
                users.setdefault((table, name), []).append(n)
    return users


def _tables(step: Step) -> tuple[QualifiedName, ...]:
    """Return the tables without which nothing can be left of a step."""
    return (step.table, step.referent) if isinstance(step, AddForeignKey) else (step.table,)


def _table_drops(steps: Iterable[Step]) -> dict[QualifiedName, list[int]]:
    """Return the places of the steps that drop a table, with which all on it is done."""
    drops: dict[QualifiedName, list[int]] = {}
    for n, step in enumerate(steps):
        if isinstance(step, DropTable):
            drops.setdefault(step.table, []).append(n)
    return drops
