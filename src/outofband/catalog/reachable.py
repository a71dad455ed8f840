"""Which steps of coming revisions can be done already. Pure."""

from __future__ import annotations

from outofband.catalog.constraints import is_constraint_reachable
from outofband.catalog.earlier import Earlier
from outofband.catalog.facts import Observation
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
    Wanted,
    WantedStep,
)


def reachable(wanted: Wanted, seen: Observation) -> tuple[WantedStep, ...]:
    """Leave out the coming steps that cannot be done yet, and those that wait for one of them: a
    stand-in stays until the upgrade has made the column of what takes its place.
    """
    listed: list[WantedStep] = []
    left_out = Earlier()
    for coming in wanted.steps:
        if coming.ahead and (left_out.awaited(coming.step) or not _is_reachable(coming.step, seen)):
            left_out.add(coming.step)
        else:
            listed.append(coming)
    return tuple(listed)


def _is_reachable(step: Step, seen: Observation) -> bool:
    """Tell whether a step of a coming revision can be done now: its table and columns are there.

    An expression or a predicate that the server cannot explain yet names a column still to come.
    """
    table = seen.table(step.table)
    if table is None:
        return False
    match step:
        case CreateIndex(index):
            texts = [k.text for k in index.keys if k.column is None]
            texts += [index.where] if index.where else []
            there = all(column in table.columns for column in index.columns)
            return there and all(table.canonical.get(text) is not None for text in texts)
        case AddConstraint(columns=columns):
            return all(column in table.columns for column in columns)
        case DropIndex():
            return True
        case AddCheck() | AddForeignKey() | SetNotNull():
            return is_constraint_reachable(step, table, seen)
        case DetachPartition() | DropTable() | DropColumn():  # the release before still reads it
            return False
        case AddEnumValue():
            return True
        case Reindex() | RefreshView():  # what makes it worth it may come with its own revision
            return False
        case Backfill():  # what it writes to may come with its own revision, and nobody can tell
            return False
