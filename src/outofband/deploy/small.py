"""What is done about a step on a small table. Pure."""

from __future__ import annotations

from typing import assert_never

from outofband.catalog.facts import TableFacts
from outofband.catalog.sight import Sight
from outofband.deploy.decision import Decision, Defer, Inline
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


def on_small(step: Step, sight: Sight, table: TableFacts) -> Decision:
    """Decide on a step that is not done and waits for nothing, by its state alone."""
    match step:
        case CreateIndex(index):
            if sight.state is State.ABSENT:
                return Inline((index.create(),))
            if sight.state in LEFT_OVER and sight.index is not None:
                return Inline((f"DROP INDEX {sight.index.name}", index.create()))
            return Defer(sight.reason or f"the index is {sight.state.words}")
        case DropIndex():
            if sight.state is State.CONSTRAINT_OWNED or sight.index is None:
                return Defer(sight.reason)
            return Inline((f"DROP INDEX {sight.index.name}",))
        case AddConstraint():
            if sight.state is not State.ABSENT:
                return Defer(sight.reason or "a constraint of that name has other columns")
            if sight.key is not None:
                used = table.name.renamed(step.using_index)
                whole = sight.key.index.constrain(step.kind, name=step.name)
                return Inline((f"DROP INDEX {used}", whole))
            return Inline((step.plain_sql,))
        case AddEnumValue():
            return Defer(sight.reason) if sight.reason else Inline((step.plain_sql,))
        case (
            AddCheck()
            | AddForeignKey()
            | SetNotNull()
            | Backfill()
            | DropTable()
            | DropColumn()
            | Reindex()
            | RefreshView()
        ):
            return Defer(sight.reason)
        case DetachPartition():
            pending = sight.state is State.DETACH_PENDING
            return Defer(sight.reason) if pending else Inline((step.plain_sql,))
        case _:
            assert_never(step)
