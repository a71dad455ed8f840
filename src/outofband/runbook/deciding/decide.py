"""From where one step stands to the actions that finish it, or the obstacle that a person has to
remove. Pure.
"""

from __future__ import annotations

from typing import assert_never

from outofband.catalog.constraining import constrain
from outofband.catalog.facts import TableFacts
from outofband.catalog.standing import Standing
from outofband.model.action import AddLabel, Decision, RunBackfill
from outofband.model.state import State
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
from outofband.runbook.deciding.detach import detach
from outofband.runbook.deciding.drop import drop
from outofband.runbook.deciding.index import build_index, drop_index
from outofband.runbook.deciding.promotion import promote
from outofband.runbook.deciding.rebuild import rebuild


def decide(step: Step, standing: Standing, table: TableFacts, *, named: bool = False) -> Decision:
    """Return what is left to do for a pending step, or why it cannot be done; its table's schema is
    filled in. ``named`` tells that it was asked for by its name.
    """
    match step:
        case CreateIndex(index):
            return build_index(index, standing.sight, table)
        case DropIndex():
            return drop_index(table.name.renamed(step.name), standing.sight.index, table)
        case AddConstraint():
            return promote(step, standing, table)
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
