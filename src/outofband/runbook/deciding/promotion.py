"""Decide on a constraint that is made of an index. Pure."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.catalog.promotion import key_obstacle, obstacle
from outofband.catalog.standing import Standing
from outofband.model.action import Decision, Promote
from outofband.model.index import Index, Key
from outofband.model.state import LEFT_OVER, State
from outofband.model.step import AddConstraint, ConstraintIndex
from outofband.runbook.deciding import partitions
from outofband.runbook.deciding.index import drop_index
from outofband.runbook.deciding.repair import repair


def promote(step: AddConstraint, standing: Standing, table: TableFacts) -> Decision:
    """Promote the index, or say what stands in the way; what is left of a try is repaired."""
    sight = standing.sight
    if sight.state in LEFT_OVER and sight.index is not None:
        keys = tuple(map(Key.of, step.columns))
        index = Index(step.name, table.name, keys, include=sight.index.include, unique=True)
        return repair(index, sight.index, table), ""
    if sight.key is not None and sight.state is not State.DIFFERENT:
        return _constrain(step, sight.key, standing, table)
    if sight.state is not State.ABSENT:
        return (), sight.reason or "a constraint of that name has other columns"
    in_the_way = "" if standing.waits_for else obstacle(step, table)
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
    gone, stuck = drop_index(used.name, used, table)
    return ((), stuck) if stuck else ((*actions[:-1], *gone, *actions[-1:]), "")
