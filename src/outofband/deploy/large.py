"""What is done about a step on a large table. Pure."""

from __future__ import annotations

from typing import assert_never

from outofband.catalog.constraining import constrain
from outofband.catalog.facts import TableFacts
from outofband.catalog.promotion import obstacle
from outofband.catalog.sight import Sight
from outofband.deploy.decision import Afterwards, Decision, Defer, Refuse
from outofband.deploy.size import over
from outofband.model.action import Action, BuildIndex, Promote, RemoveIndex, RenameIndex
from outofband.model.actions.index import named
from outofband.model.state import LEFT_OVER, State
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
from outofband.settings import Settings


def on_large(step: Step, sight: Sight, table: TableFacts, settings: Settings) -> Decision:
    """Decide on a step whose table is over ``inline_max_bytes``: what ``on_large`` says."""
    size = over(table, settings)
    if settings.on_large == "refuse":
        return Refuse(size)
    if settings.on_large == "build" and not isinstance(afterwards(step, sight, table), str):
        return Afterwards()
    return Defer(size)


def afterwards(step: Step, sight: Sight, table: TableFacts) -> tuple[Action, ...] | str:
    """Return what does a step on a large table without stopping others, or why a person has to.

    A unique index of which a build has failed is left to one: the next would fail as late on the
    same duplicates, at every start of an installation that upgrades when it starts.
    """
    why = sight.reason or f"it is {sight.state.words}"
    match step:
        case _ if table.partitioned:
            return f"{table.name} is partitioned"
        case CreateIndex():
            return _build(step, sight, why)
        case DropIndex():
            found = sight.index
            if found is None or found.constraint or found.attached or found.partitioned:
                return why
            return (RemoveIndex(found.name),)
        case AddConstraint():
            return obstacle(step, table) or (
                (Promote(step),) if sight.state is State.ABSENT else why
            )
        case AddCheck() | AddForeignKey() | SetNotNull():
            actions, stuck = constrain(step, sight, table)
            return stuck or actions
        case Backfill() | AddEnumValue():
            return why
        case DetachPartition() | DropTable() | DropColumn() | Reindex() | RefreshView():
            return sight.reason or "it is for outofband apply alone"
        case _:
            assert_never(step)


def _build(step: CreateIndex, sight: Sight, why: str) -> tuple[Action, ...] | str:
    """Return what builds an index, or why a person has to."""
    index, found = step.index, sight.index
    build = BuildIndex(index), *named(index)
    if sight.state is State.ABSENT:
        return build
    if sight.state in LEFT_OVER and found is not None:
        failed = f"a build left {found.name.name}, and duplicates may be why"
        return failed if index.unique else (RemoveIndex(found.name), *build)
    if sight.state is State.VALID_OTHER_NAME and found is not None:
        if found.name == index.temporary:
            return build[1:]
        return (RenameIndex(found.name, index.name),)
    return why
