"""Decide on what takes the object of a step away again. Pure."""

from __future__ import annotations

from outofband.catalog.constraining import undo_constraint
from outofband.catalog.facts import TableFacts
from outofband.catalog.sight import Sight
from outofband.model.action import Decision, DropConstraint
from outofband.model.step import AddConstraint, Step
from outofband.runbook.deciding.index import drop_index, needed
from outofband.runbook.deciding.repair import leftovers


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
        if found is not None and (obstacle := needed(found, table)):
            return (), obstacle
        return (DropConstraint(table.name, step.name, table.partitioned),), ""
    return drop_index(table.name.renamed(step.name), found, table)
