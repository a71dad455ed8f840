"""Inline, defer, leave or refuse: what an upgrade does with one step. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from outofband.catalog.constraining import constrain
from outofband.catalog.facts import TableFacts
from outofband.catalog.promotion import key_obstacle, obstacle
from outofband.catalog.sight import Sight
from outofband.deploy import constraints
from outofband.model.names import quote
from outofband.model.state import State
from outofband.model.statements import Action, BuildIndex, Promote, RemoveIndex, RenameIndex, named
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    Constraint,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
    RefreshView,
    Reindex,
    SetNotNull,
    Step,
    comment_on,
)
from outofband.settings import Settings


@dataclass(frozen=True, slots=True)
class Nothing:
    """The step is done already."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Do it here and now. ``statements`` run under one savepoint. What is left for the runbook is
    said in ``rest``.
    """

    statements: tuple[str, ...]
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Defer:
    """Leave it to the runbook, and say why; ``first`` is done all the same, under one savepoint."""

    reason: str
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Do it once the transaction is over, without stopping others, and wait (``on_large =
    "build"``).
    """


@dataclass(frozen=True, slots=True)
class Refuse:
    """Stop the upgrade (``on_large = "refuse"``)."""

    reason: str


Decision = Nothing | Inline | Defer | Afterwards | Refuse

_DONE = frozenset({State.VALID, State.CONSTRAINT_OWNED})
_LEFT_OVER = frozenset({State.INVALID, State.INVALID_ENFORCING})


def on_upgrade(
    step: Step, sight: Sight, table: TableFacts, settings: Settings, waits_for: tuple[str, ...]
) -> Decision:
    """Decide on a step declared in ``upgrade()``; ``waits_for`` are the pending steps it waits
    for.
    """
    if isinstance(step, Backfill):
        return Nothing() if sight.state is State.FINISHED else Defer("no upgrade moves data")
    if isinstance(step, Reindex | RefreshView):
        return _on_rebuild(step, sight, table, settings, waits_for)
    if isinstance(step, DropTable | DropColumn):
        return _on_drop(step, sight, table, settings, waits_for)
    if isinstance(step, AddCheck | AddForeignKey | SetNotNull):
        return _constrain(step, sight, table, settings, waits_for)
    if isinstance(step, DropIndex | DetachPartition):
        if sight.state is State.ABSENT:
            return Nothing()
    elif sight.state in _DONE:
        return Nothing()
    if isinstance(step, AddConstraint) and (reason := _obstacle(step, sight, table)):
        return Defer(reason)
    if waits_for:
        return Defer(f"waits for {', '.join(waits_for)}")
    if not is_small(table, settings):
        return _on_large(step, sight, table, settings)
    return _inline(step, sight, table)


def _on_rebuild(
    step: Reindex | RefreshView,
    sight: Sight,
    table: TableFacts,
    settings: Settings,
    waits_for: tuple[str, ...],
) -> Decision:
    """What this transaction has made is new, and only said to be; a view's query may take long,
    however small the view.
    """
    found = sight.rebuild
    if sight.state is State.FINISHED:
        return Nothing()
    if found is None or waits_for:
        return Defer(f"waits for {', '.join(waits_for)}" if waits_for else sight.reason)
    mark = comment_on(step, found.name, found.comment)
    if found.made_here and found.populated:
        return Inline((mark,))
    if isinstance(step, RefreshView):
        return Defer("nobody knows how long the view's query takes")
    if not is_small(table, settings) or found.over_partitions:
        return _on_large(step, sight, table, settings)
    return Inline((f"REINDEX INDEX {found.name}", mark))


def _on_drop(
    step: DropTable | DropColumn,
    sight: Sight,
    table: TableFacts,
    settings: Settings,
    waits_for: tuple[str, ...],
) -> Decision:
    """Drop only what this transaction has made. What stays must not refuse the rows of the coming
    release, which does not know it.
    """
    found = sight.drop
    if found is None:
        return Nothing()
    if found.made_here and not waits_for and is_small(table, settings):
        return Inline((step.plain_sql,))
    reason = sight.reason or "the release before may still read it"
    if isinstance(step, DropColumn) and found.needs_value:
        column = quote(step.column)
        return Defer(reason, (f"ALTER TABLE {table.name} ALTER COLUMN {column} DROP NOT NULL",))
    return Defer(reason)


def _obstacle(step: AddConstraint, sight: Sight, table: TableFacts) -> str | None:
    """Over partitions the index that the deploy has built gives way to the constraint's own."""
    if not table.partitioned:
        return obstacle(step, table)
    if sight.key is None:
        return f"index {step.using_index} is not there yet, or is none that a constraint can have"
    return key_obstacle(sight.key, table)


def _constrain(
    step: Constraint | SetNotNull,
    sight: Sight,
    table: TableFacts,
    settings: Settings,
    waits_for: tuple[str, ...],
) -> Decision:
    """On a large table, do what takes milliseconds and leave the look at its rows."""
    if sight.state is State.VALID:
        return Nothing()
    if waits_for:
        return Defer(f"waits for {', '.join(waits_for)}")
    if stuck := constraints.obstacle(step, sight, table):
        return Defer(stuck)
    if is_small(table, settings):
        return Inline(constraints.at_once(step, sight, table))
    size = _over(table, settings)
    if settings.on_large == "refuse":
        return Refuse(size)
    if settings.on_large == "build" and not table.partitioned:
        return Afterwards()
    brief = constraints.brief(step, sight, table)
    rest = f"new rows satisfy it; {size}, and its rows are still to be validated"
    if not brief.statements:
        return Defer(rest if sight.state is State.NOT_VALID else size)
    return Inline(brief.statements, rest if brief.validated else "")


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
    if isinstance(step, DropTable | DropColumn) and sight.state is State.VALID:
        small = is_small(table, settings)
        return Inline((step.plain_sql,)) if small else _on_large(step, sight, table, settings)
    return on_upgrade(step, sight, table, settings, ())


def is_small(table: TableFacts, settings: Settings) -> bool:
    """Tell whether an index on the table is built in the deploy: by the heap over all leaves
    alone.
    """
    return table.heap_bytes <= settings.inline_max_bytes


def _on_large(step: Step, sight: Sight, table: TableFacts, settings: Settings) -> Decision:
    size = _over(table, settings)
    if settings.on_large == "refuse":
        return Refuse(size)
    if settings.on_large == "build" and not isinstance(afterwards(step, sight, table), str):
        return Afterwards()
    return Defer(size)


def _over(table: TableFacts, settings: Settings) -> str:
    limit = _megabytes(settings.inline_max_bytes)
    return f"{table.name} has {_megabytes(table.heap_bytes)}, over the {limit} of inline_max_bytes"


def afterwards(step: Step, sight: Sight, table: TableFacts) -> tuple[Action, ...] | str:
    """Return what does a step on a large table without stopping others, or why a person has to.

    A unique index of which a build has failed is left to one: the next would fail as late on the
    same duplicates, at every start of an installation that upgrades when it starts.
    """
    why = sight.reason or f"it is {sight.state.value.replace('_', ' ')}"
    match step:
        case _ if table.partitioned:
            return f"{table.name} is partitioned"
        case CreateIndex(index):
            build = BuildIndex(index), *named(index)
            if sight.state is State.ABSENT:
                return build
            if sight.state in _LEFT_OVER and sight.index is not None:
                failed = f"a build left {sight.index.name.name}, and duplicates may be why"
                return failed if index.unique else (RemoveIndex(sight.index.name), *build)
            if sight.state is State.VALID_OTHER_NAME and sight.index is not None:
                if sight.index.name == index.temporary:
                    return build[1:]
                return (RenameIndex(sight.index.name, index.name),)
            return why
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
        case Backfill():
            return why
        case AddEnumValue():
            return why
        case DetachPartition() | DropTable() | DropColumn() | Reindex() | RefreshView():
            return sight.reason or "it is for outofband apply alone"
        case _:
            assert_never(step)


def _inline(step: Step, sight: Sight, table: TableFacts) -> Decision:
    match step:
        case CreateIndex(index):
            if sight.state is State.ABSENT:
                return Inline((index.create(),))
            if sight.state in _LEFT_OVER and sight.index is not None:
                return Inline((f"DROP INDEX {sight.index.name}", index.create()))
            return Defer(sight.reason or f"the index is {sight.state.value.replace('_', ' ')}")
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
        case Backfill() | DropTable() | DropColumn() | Reindex() | RefreshView():
            return Defer(sight.reason)
        case AddEnumValue():
            return Defer(sight.reason) if sight.reason else Inline((step.plain_sql,))
        case AddCheck() | AddForeignKey() | SetNotNull():
            return Defer(sight.reason)
        case DetachPartition():
            pending = sight.state is State.DETACH_PENDING
            return Defer(sight.reason) if pending else Inline((step.plain_sql,))
        case _:
            assert_never(step)


def _drop_constraint(step: DropIndex, sight: Sight, table: TableFacts) -> str:
    assert sight.index is not None
    return f"ALTER TABLE {table.name} DROP CONSTRAINT {quote(sight.index.constraint or step.name)}"


def _megabytes(count: int) -> str:
    return f"{count / 1024 / 1024:,.0f} MB"
