"""Inline, defer, leave or refuse: what an upgrade does with one step. Pure."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.catalog.promotion import key_obstacle, obstacle
from outofband.catalog.sight import Sight
from outofband.deploy import constraints, drop, rebuild
from outofband.deploy.decision import Decision, Defer, Inline, Nothing, waiting
from outofband.deploy.large import on_large
from outofband.deploy.size import is_small
from outofband.deploy.small import on_small
from outofband.model.names import quote
from outofband.model.state import BUILT, State
from outofband.model.step import (
    AddConstraint,
    Backfill,
    DetachPartition,
    Drop,
    DropIndex,
    Rebuild,
    RowConstraint,
    Step,
)
from outofband.settings import Settings


def on_upgrade(
    step: Step, sight: Sight, table: TableFacts, settings: Settings, waits_for: tuple[str, ...]
) -> Decision:
    """Decide on a step declared in ``upgrade()``; ``waits_for`` are the pending steps it waits
    for.
    """
    if isinstance(step, Backfill):
        return Nothing() if sight.state is State.FINISHED else Defer("no upgrade moves data")
    if isinstance(step, Rebuild):
        return rebuild.on_upgrade(step, sight, table, settings, waits_for)
    if isinstance(step, Drop):
        return drop.on_upgrade(step, sight, table, settings, waits_for)
    if isinstance(step, RowConstraint):
        return constraints.on_upgrade(step, sight, table, settings, waits_for)
    if isinstance(step, DropIndex | DetachPartition):
        if sight.state is State.ABSENT:
            return Nothing()
    elif sight.state in BUILT:
        return Nothing()
    if isinstance(step, AddConstraint) and (reason := _obstacle(step, sight, table)):
        return Defer(reason)
    if waits_for:
        return waiting(waits_for)
    if not is_small(table, settings):
        return on_large(step, sight, table, settings)
    return on_small(step, sight, table)


def _obstacle(step: AddConstraint, sight: Sight, table: TableFacts) -> str | None:
    """Over partitions the index that the deploy has built gives way to the constraint's own."""
    if not table.partitioned:
        return obstacle(step, table)
    if sight.key is None:
        return f"index {step.using_index} is not there yet, or is none that a constraint can have"
    return key_obstacle(sight.key, table)


def on_downgrade(step: Step, sight: Sight, table: TableFacts, settings: Settings) -> Decision:
    """Decide on a step declared in ``downgrade()``: only what is small changes, the rest stays and
    is unwanted.
    """
    if (
        isinstance(step, DropIndex)
        and sight.state is State.CONSTRAINT_OWNED
        and is_small(table, settings)
    ):
        return Inline((_drop_constraint(step, sight, table),))
    if isinstance(step, Drop) and sight.state is State.VALID:
        return drop.on_downgrade(step, sight, table, settings)
    return on_upgrade(step, sight, table, settings, ())


def _drop_constraint(step: DropIndex, sight: Sight, table: TableFacts) -> str:
    assert sight.index is not None
    return f"ALTER TABLE {table.name} DROP CONSTRAINT {quote(sight.index.constraint or step.name)}"
