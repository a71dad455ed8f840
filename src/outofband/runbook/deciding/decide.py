"""From where one step stands to the actions that finish it, or the obstacle that a person has to
remove. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from outofband.catalog.constraining import constrain, undo_constraint
from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.parts import kind_of
from outofband.catalog.promotion import key_obstacle
from outofband.catalog.promotion import obstacle as promotion_obstacle
from outofband.catalog.sight import Sight
from outofband.catalog.standing import Standing
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName, is_reindex_leftover
from outofband.model.state import LEFT_OVER, State
from outofband.model.statements import (
    Action,
    AddLabel,
    AwaitBuild,
    BuildIndex,
    ConstrainTable,
    DropConstraint,
    Promote,
    RemoveIndex,
    RenameIndex,
    RepairIndex,
    RunBackfill,
    named,
)
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
from outofband.runbook.deciding import partitions
from outofband.runbook.deciding.detach import detach
from outofband.runbook.deciding.drop import drop
from outofband.runbook.deciding.rebuild import rebuild

Decision = tuple[tuple[Action, ...], str]


def decide(step: Step, standing: Standing, table: TableFacts, *, named: bool = False) -> Decision:
    """Return what is left to do for a pending step, or why it cannot be done; its table's schema is
    filled in. ``named`` tells that it was asked for by its name.
    """
    match step:
        case CreateIndex(index):
            return _replace(_build(index, standing.sight, table), standing.sight, table)
        case DropIndex():
            return _drop(table.name.renamed(step.name), standing.sight.index, table)
        case AddConstraint():
            return _promote(step, standing, table)
        case AddCheck() | AddForeignKey() | SetNotNull():
            return constrain(step, standing.sight, table, waits=bool(standing.waits_for))
        case Backfill():
            return _run(step, standing)
        case DetachPartition():
            return detach(standing, table)
        case DropTable() | DropColumn():
            return drop(step, standing, table, named=named)
        case AddEnumValue():
            reason = standing.sight.reason
            return ((), reason) if reason else ((AddLabel(step),), "")
        case Reindex() | RefreshView():
            return rebuild(step, standing, table)
        case _:
            assert_never(step)


def _run(step: Backfill, standing: Standing) -> Decision:
    state = standing.state
    if state in (State.PAUSED, State.CANCELLED):
        return (), f"it is {state.value}"
    # What is in quarantine keeps nothing else from being done, such as units that came since.
    return (RunBackfill(step),), ""


def _build(index: Index, sight: Sight, table: TableFacts) -> Decision:
    build = BuildIndex(index), *named(index)
    match sight.state:
        case State.ABSENT | State.PARTITION_INCOMPLETE if table.partitioned:
            return _cover(index, sight, table)
        case State.ABSENT:
            return build, ""
        case State.BUILDING if sight.pid is not None:
            return (AwaitBuild(index, sight.pid), *build[1:]), ""
        case State.INVALID | State.INVALID_ENFORCING if sight.index is not None:
            if sight.index.constraint:
                return _repair(index, sight.index, table), ""
            return (RemoveIndex(sight.index.name), *build), ""
        case State.VALID_OTHER_NAME if sight.index is not None:
            if sight.index.name == index.temporary and not table.partitioned:
                return build[1:], ""
            return (RenameIndex(sight.index.name, index.name),), ""
        case State.CONSTRAINT_OWNED if sight.replaced is not None:
            return (), ""
        case _:
            return (), sight.reason or f"it is {sight.state.value.replace('_', ' ')}"


def _cover(index: Index, sight: Sight, table: TableFacts) -> Decision:
    """Cover a partitioned table, or give its partitions what a constraint takes. A constraint that
    is begun is finished under the name that it has.
    """
    found, key = sight.index, sight.key
    if key is None:
        kind = kind_of(found) if found is not None else None
        if found is not None and kind is not None:
            index = replace(index, name=found.name.name)
        stuck = partitions.obstacle(index, table, found, kind)
        return ((), stuck) if stuck else (partitions.cover(index, table, found, kind), "")
    if stuck := partitions.obstacle(key.index, table, found, key.kind):
        return (), stuck
    parts = partitions.parts(key, table, found)
    # What will be refused of the constraint is no reason to do without its index.
    if key_obstacle(key, table):
        parts = tuple(a for a in parts if not isinstance(a, ConstrainTable))
    return parts, ""


def _replace(built: Decision, sight: Sight, table: TableFacts) -> Decision:
    """Drop the index whose place is taken once the other is built, so that one of them serves."""
    actions, obstacle = built
    if sight.replaced is None or obstacle:
        return built
    gone, obstacle = _drop(sight.replaced.name, sight.replaced, table)
    return ((), obstacle) if obstacle else ((*actions[:-1], *gone, *actions[-1:]), "")


def _drop(name: QualifiedName, found: IndexFacts | None, table: TableFacts) -> Decision:
    if found is None:  # an earlier step of this plan builds it first
        return (RemoveIndex(name, table.partitioned),), ""
    if found.constraint:
        return (), f"constraint {found.constraint} owns the index; a revision has to drop it"
    if found.parent is not None:
        return (), f"the index is a part of {found.parent}, and goes with that alone"
    if obstacle := _needed(found, table):
        return (), obstacle
    return (RemoveIndex(found.name, found.partitioned),), ""


def _needed(found: IndexFacts, table: TableFacts) -> str:
    """Say what else needs an index; empty when nothing does.

    Postgres itself lets a replica identity go, and then refuses every UPDATE and DELETE of a table
    that is published (PostgreSQL 18, ALTER TABLE, REPLICA IDENTITY; measured on 14 to 18).
    """
    if found.referenced_by:
        names = ", ".join(found.referenced_by)
        return f"foreign key {names} depends on index {found.name}; a revision has to drop it"
    if found.replica_identity:
        return (
            f"index {found.name} is the replica identity of {table.name}; choose another with "
            f"ALTER TABLE {table.name} REPLICA IDENTITY first"
        )
    return ""


def _promote(step: AddConstraint, standing: Standing, table: TableFacts) -> Decision:
    sight = standing.sight
    if sight.state in LEFT_OVER and sight.index is not None:
        keys = tuple(map(Key.of, step.columns))
        index = Index(step.name, table.name, keys, include=sight.index.include, unique=True)
        return _repair(index, sight.index, table), ""
    if sight.key is not None and sight.state is not State.DIFFERENT:
        return _constrain(step, sight.key, standing, table)
    if sight.state is not State.ABSENT:
        return (), sight.reason or "a constraint of that name has other columns"
    in_the_way = "" if standing.waits_for else promotion_obstacle(step, table)
    return ((), in_the_way) if in_the_way else ((Promote(step),), "")


def _constrain(
    step: AddConstraint, key: ConstraintIndex, standing: Standing, table: TableFacts
) -> Decision:
    """Make a constraint over partitions of what they have, and of what they have not yet.

    What serves under the name of its index until then goes before the constraint gets its own.
    """
    found = standing.sight.index
    if standing.state is State.VALID_OTHER_NAME and (
        found is None or found.name != key.index.temporary
    ):
        return (), standing.sight.reason
    stuck = partitions.obstacle(key.index, table, found, key.kind) or key_obstacle(key, table)
    if stuck and (found is None or not found.valid):
        return (), stuck
    if standing.waits_for:
        return partitions.promotion(key, table, found), ""
    actions = partitions.cover(key.index, table, found, key.kind)
    used = table.index(step.using_index)
    if used is None or used == found:
        return actions, ""
    gone, stuck = _drop(used.name, used, table)
    return ((), stuck) if stuck else ((*actions[:-1], *gone, *actions[-1:]), "")


def _repair(index: Index, found: IndexFacts, table: TableFacts) -> tuple[Action, ...]:
    left = (RemoveIndex(i.name) for i in table.indexes if _is_left_by_reindex(i, found))
    return (*left, RepairIndex(replace(index, name=found.name.name)))


def undo(step: Step, table: TableFacts, sight: Sight) -> Decision:
    """Return what takes the object of a step away, which only its name may ask for; of a constraint
    over partitions that was not finished, their parts too, and before it: it tells of them.
    """
    found = sight.index
    if sight.constraint is not None:
        return undo_constraint(sight, table)
    if isinstance(step, AddConstraint):
        if sight.key is not None:
            return tuple(leftovers(sight.key.index, table))[::-1], ""
        if found is not None and (obstacle := _needed(found, table)):
            return (), obstacle
        return (DropConstraint(table.name, step.name, table.partitioned),), ""
    return _drop(table.name.renamed(step.name), found, table)


def leftovers(index: Index, table: TableFacts) -> Iterator[Action]:
    """Yield what clears away what dead builds left beside an index that is done."""
    for part in table.tree():
        own = index if part is table else index.part(part.name)
        ours = {own.temporary} if part is table else {own.temporary, own.qualified_name}
        for left in (i for i in part.indexes if not i.attached):
            if left.name not in ours and not _is_half_reindexed(left, own, part):
                continue
            if left.constraint:
                yield DropConstraint(part.name, left.constraint, left.partitioned)
            else:
                yield RemoveIndex(left.name, left.partitioned)


def _is_half_reindexed(left: IndexFacts, own: Index, part: TableFacts) -> bool:
    """Tell whether a REINDEX CONCURRENTLY of the index, under whatever name, has left this one."""
    if left.valid or compare(own, left, part) is Equality.DIFFERENT:
        return False
    serving = (i for i in part.indexes if i.valid and compare(own, i, part) is Equality.EQUAL)
    return any(_is_left_by_reindex(left, i) for i in serving)


def _is_left_by_reindex(left: IndexFacts, of: IndexFacts) -> bool:
    return not left.valid and is_reindex_leftover(left.name.name, of.name.name)
