"""Decide on the build of an index, and on its drop. Pure."""

from __future__ import annotations

from dataclasses import replace

from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.parts import kind_of
from outofband.catalog.promotion import key_obstacle
from outofband.catalog.sight import Sight
from outofband.model.action import (
    AwaitBuild,
    BuildIndex,
    ConstrainTable,
    Decision,
    RemoveIndex,
    RenameIndex,
)
from outofband.model.actions.index import named
from outofband.model.index import Index
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.runbook.deciding import partitions
from outofband.runbook.deciding.repair import repair


def build_index(index: Index, sight: Sight, table: TableFacts) -> Decision:
    """Build it, take what is there for it, or name it; an index whose place it takes goes then."""
    return _replace(_build(index, sight, table), sight, table)


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
                return repair(index, sight.index, table), ""
            return (RemoveIndex(sight.index.name), *build), ""
        case State.VALID_OTHER_NAME if sight.index is not None:
            if sight.index.name == index.temporary and not table.partitioned:
                return build[1:], ""
            return (RenameIndex(sight.index.name, index.name),), ""
        case State.CONSTRAINT_OWNED if sight.replaced is not None:
            return (), ""
        case _:
            return (), sight.reason or f"it is {sight.state.words}"


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
    gone, obstacle = drop_index(sight.replaced.name, sight.replaced, table)
    return ((), obstacle) if obstacle else ((*actions[:-1], *gone, *actions[-1:]), "")


def drop_index(name: QualifiedName, found: IndexFacts | None, table: TableFacts) -> Decision:
    """Drop an index, unless something else needs it."""
    if found is None:  # an earlier step of this plan builds it first
        return (RemoveIndex(name, table.partitioned),), ""
    if found.constraint:
        return (), f"constraint {found.constraint} owns the index; a revision has to drop it"
    if found.parent is not None:
        return (), f"the index is a part of {found.parent}, and goes with that alone"
    if obstacle := needed(found, table):
        return (), obstacle
    return (RemoveIndex(found.name, found.partitioned),), ""


def needed(found: IndexFacts, table: TableFacts) -> str:
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
