"""From an observation to the state of one step: pure, derived anew each time, nothing
remembered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from outofband.catalog.attachments import detach_sight
from outofband.catalog.backfills import backfill_sight
from outofband.catalog.constraints import constraint_sight
from outofband.catalog.drops import drop_sight
from outofband.catalog.enums import enum_sight
from outofband.catalog.equality import Equality, compare, is_comparable
from outofband.catalog.facts import IndexFacts, Observation, TableFacts
from outofband.catalog.keys import begun, constraint, unfit
from outofband.catalog.parts import parts_for, unfinished
from outofband.catalog.rebuilds import rebuild_sight
from outofband.catalog.sight import Sight, at_work, dead, name_taken, nothing
from outofband.model.index import Index
from outofband.model.names import QualifiedName, is_temporary
from outofband.model.state import State
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    ConstraintIndex,
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

Names = frozenset[QualifiedName]


def classify(
    step: Step,
    seen: Observation,
    declared_names: Names = frozenset(),
    beside: AddConstraint | CreateIndex | None = None,
) -> Sight:
    """Tell the state of ``step``; indexes with a declared name are never offered for renaming.

    ``beside`` is, of the build of an index, the step that makes a constraint of it, and of that the
    build: over partitions each depends on the other.
    """
    table = seen.table(step.table)
    match step:
        case CreateIndex(index, replaces=replaces):
            if table is None:
                return Sight(State.ABSENT, reason=f"there is no table {step.table}")
            if kind := seen.taken.get(index.qualified_name):
                return name_taken(kind)
            index = replace(index, table=table.name)
            sight = _index(index, table, declared_names)
            if table.partitioned and isinstance(beside, AddConstraint):
                return _taken(sight, index, beside, table)
            return sight if replaces is None else _replacing(sight, index, table, declared_names)
        case DropIndex(name):
            return _present(table.index(name) if table else None, table)
        case AddConstraint():
            build = beside.index if isinstance(beside, CreateIndex) else None
            return constraint(step, table, build, seen.taken) if table else Sight(State.ABSENT)
        case AddCheck() | AddForeignKey() | SetNotNull():
            return constraint_sight(step, seen)
        case Backfill():
            return backfill_sight(step, seen)
        case DetachPartition():
            return detach_sight(step, seen)
        case DropTable() | DropColumn():
            return drop_sight(step, seen)
        case AddEnumValue():
            return enum_sight(step, seen)
        case Reindex() | RefreshView():
            return rebuild_sight(step, seen)
        case _:
            assert_never(step)


def resolved(step: Step, table: TableFacts) -> Step:
    """Return the step with its table's schema filled in: what names, fingerprints and SQL are made
    from.
    """
    match step:
        case CreateIndex(index):
            return replace(step, index=replace(index, table=table.name))
        case _:
            return replace(step, table=table.name)


def _index(index: Index, table: TableFacts, declared_names: Names) -> Sight:
    named = table.index(index.name)
    return _by_name(index, named, table) if named else _unnamed(index, table, declared_names)


def _taken(sight: Sight, index: Index, by: AddConstraint, table: TableFacts) -> Sight:
    """Look at the parts of an index that a constraint over partitions is to take: its own whole one
    would keep them. What is whole already stays until the constraint is there.
    """
    key = ConstraintIndex.of(index, by)
    if sight.state not in (State.ABSENT, State.PARTITION_INCOMPLETE) or unfit(index, by):
        return sight
    return parts_for(key, table, begun(key, table))


def _replacing(sight: Sight, index: Index, table: TableFacts, declared_names: Names) -> Sight:
    """Look past an index of the name that is another one than declared: it goes in the end."""
    named, other = sight.index, sight.state is State.DIFFERENT
    if sight.state is State.NOT_PROVABLY_EQUAL and named is not None:
        other = is_comparable(index, named, table)
    if named is None or not other:
        return sight
    rest = _unnamed(index, table, declared_names)
    reason = "an index of its name and another definition goes once it is there"
    return replace(rest, replaced=named, reason=rest.reason or reason)


def _unnamed(index: Index, table: TableFacts, declared_names: Names) -> Sight:
    built = table.index(index.temporary_name)
    if built is not None and not built.valid:
        return unfinished(index, built, table)
    if built is not None:
        if compare(index, built, table) is Equality.DIFFERENT:
            reason = (
                f"index {built.name}, as it is called while it is built, has another definition"
            )
            return Sight(State.DIFFERENT, built, reason=reason)
        # The name says what was built, also where its expressions cannot be shown to be equal.
        return Sight(State.VALID_OTHER_NAME, built)
    return _elsewhere(index, table, declared_names)


def _by_name(index: Index, named: IndexFacts, table: TableFacts) -> Sight:
    if not named.valid and not named.partitioned:
        return unfinished(index, named, table)
    match compare(index, named, table):
        case Equality.EQUAL if not named.valid:
            return unfinished(index, named, table)
        case Equality.EQUAL:
            return Sight(State.CONSTRAINT_OWNED if named.constraint else State.VALID, named)
        case Equality.UNPROVABLE:
            reason = "its expressions or predicate are spelled differently from the declared ones"
            return Sight(State.NOT_PROVABLY_EQUAL, named, reason=reason)
        case Equality.DIFFERENT:
            return Sight(
                State.DIFFERENT, named, reason="an index of that name has another definition"
            )


def _elsewhere(index: Index, table: TableFacts, declared_names: Names) -> Sight:
    alike = [i for i in table.indexes if compare(index, i, table) is Equality.EQUAL]
    equal = [i for i in alike if i.valid]
    for found in equal:
        if found.constraint:
            return Sight(State.CONSTRAINT_OWNED, found)
    for found in equal:
        if not found.attached and not is_declared(found.name, declared_names):
            return Sight(State.VALID_OTHER_NAME, found)
    for found in alike:
        if found.partitioned and not found.attached and not is_declared(found.name, declared_names):
            return unfinished(index, found, table)
    return nothing(index, table)


def is_declared(name: QualifiedName, declared_names: Names) -> bool:
    """Tell whether a revision declares the name; ours under a temporary name never count as
    declared.
    """
    if is_temporary(name.name):
        return False
    return name in declared_names or QualifiedName(name.name) in declared_names


def _present(found: IndexFacts | None, table: TableFacts | None) -> Sight:
    if found is None or table is None:
        return Sight(State.ABSENT)
    if found.constraint:
        return Sight(State.CONSTRAINT_OWNED, found, reason=f"constraint {found.constraint} owns it")
    if found.valid or found.partitioned:
        return Sight(State.VALID, found)
    return at_work(found, table) or dead(found)
