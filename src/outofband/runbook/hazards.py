"""What a plan does to everybody else, by names that an operator accepts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from outofband.errors import Misuse, NothingChanged
from outofband.model.action import (
    Action,
    AddNotNull,
    AddNotValid,
    AddOverPartitions,
    BuildIndex,
    ConstrainTable,
    CoverTable,
    DeclareNotNull,
    Detach,
    DropConstraint,
    DropForeignKey,
    FinishDetach,
    Promote,
    RebuildIndex,
    Refresh,
    RemoveIndex,
    RepairIndex,
    RunBackfill,
    TakeAway,
    Validate,
)
from outofband.model.state import State
from outofband.model.step import AddCheck, AddForeignKey, DropColumn, DropIndex
from outofband.runbook.duplicates.policy import Dedupe, KeepNewest, Policy
from outofband.runbook.plan import Plan, PlannedStep


class HazardUnknown(Misuse):
    """``--accept`` names what is no hazard."""


class HazardNotAccepted(NothingChanged):
    """The plan has a hazard that ``--accept`` does not name."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """One thing that a plan does to others: its name never changes its meaning."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A hazard of a plan, and the tables it is about, as their revisions name them."""

    hazard: Hazard
    tables: tuple[str, ...]


def _builds(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, BuildIndex | RepairIndex | RebuildIndex)


def _waits(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, BuildIndex | RepairIndex | RebuildIndex) or (
        isinstance(action, RemoveIndex) and not action.partitioned
    )


def _covers(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, CoverTable)


def _locks(_: PlannedStep, action: Action) -> bool:
    if isinstance(action, AddNotValid):
        return isinstance(action.constraint, AddCheck)
    brief = Promote | ConstrainTable | DropConstraint | AddNotNull | DeclareNotNull
    brief |= DropForeignKey | TakeAway
    return (
        isinstance(action, brief)
        or (isinstance(action, RemoveIndex) and action.partitioned)
        or (isinstance(action, Detach) and not action.concurrent)
    )


def _takes_away(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, TakeAway)


def _adds_foreign_key(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, AddOverPartitions) or (
        isinstance(action, AddNotValid) and isinstance(action.constraint, AddForeignKey)
    )


def _validates(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, Validate)


def _refreshes(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, Refresh)


def _detaches(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, Detach | FinishDetach)


def _writes(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, RunBackfill)


def _drops(planned: PlannedStep, action: Action) -> bool:
    wanted = (
        isinstance(planned.step, DropIndex | DropColumn) or planned.standing.state is State.UNWANTED
    )
    return wanted and isinstance(action, RemoveIndex | DropConstraint)


_GIVES_WAY = "where the locks are not free within a second or two it gives way and tries again"
_HAZARDS: tuple[tuple[Hazard, Callable[[PlannedStep, Action], bool]], ...] = (
    (
        Hazard(
            "blocks-vacuum",
            "VACUUM, ANALYZE and ALTER wait until the build is over, and behind an ALTER without "
            "lock_timeout every query waits",
        ),
        _builds,
    ),
    (
        Hazard(
            "holds-xmin",
            "while the build runs, no VACUUM of the database removes rows deleted since it began",
        ),
        _builds,
    ),
    (Hazard("writes-wal", "replicas and the archive take the whole index"), _builds),
    (
        Hazard(
            "waits-for-transactions",
            "a drop waits for those on its table, the end of a build for all of the database",
        ),
        _waits,
    ),
    (
        Hazard(
            "stops-writes-briefly",
            f"the index over all partitions stops writes for milliseconds; {_GIVES_WAY}",
        ),
        _covers,
    ),
    (
        Hazard("locks-table-briefly", f"stops reads and writes for milliseconds; {_GIVES_WAY}"),
        _locks,
    ),
    (
        Hazard(
            "stops-writes-to-both-tables",
            "a new foreign key stops writes to its table and to the one it refers to for "
            f"milliseconds; {_GIVES_WAY}",
        ),
        _adds_foreign_key,
    ),
    (
        Hazard(
            "reads-every-row",
            "while rows are validated VACUUM, ANALYZE and ALTER of the table wait, behind an ALTER "
            "without lock_timeout every query too, and no VACUUM of the database removes rows "
            "deleted since it began",
        ),
        _validates,
    ),
    (
        Hazard(
            "writes-in-batches",
            "rows are written batch by batch, each locked for less than a second; VACUUM has to "
            "remove what that leaves",
        ),
        _writes,
    ),
    (
        Hazard(
            "detaches-partition",
            "queries of the table find the partition's rows no more; those of the partition itself "
            f"stand for milliseconds, once no older transaction is in the way; {_GIVES_WAY}",
        ),
        _detaches,
    ),
    (
        Hazard(
            "drops-data",
            "what the table or the column holds is gone for good, and whoever still reads it fails",
        ),
        _takes_away,
    ),
    (
        Hazard(
            "runs-view-query",
            "the view's query runs for as long as it takes, and holds VACUUM back meanwhile; the "
            "view can be read as before, where it could be",
        ),
        _refreshes,
    ),
    (Hazard("drops-index", "queries that use the index have to do without it"), _drops),
)


def _moves(_: PlannedStep, action: Action) -> bool:
    return isinstance(action, BuildIndex) and action.index.unique


def _of_policy(policy: Policy) -> tuple[tuple[Hazard, Callable[[PlannedStep, Action], bool]], ...]:
    match policy:
        case KeepNewest(by):
            name, which = "moves-older-rows", f"all but those with the greatest {by}, which differ,"
        case Dedupe.IDENTICAL:
            name, which = "moves-identical-rows", "all but one of rows equal in every column"
        case Dedupe.REPORT:
            return ()
    text = f"of duplicates {which} leave the table for quarantine; --undo-dedupe puts them back"
    return ((Hazard(name, text), _moves),)


def hazards(plan: Plan, policy: Policy = Dedupe.REPORT) -> tuple[Found, ...]:
    """Return the hazards of a plan, each with the tables that it is about, where ``policy`` says
    what becomes of duplicates.
    """
    found = []
    for hazard, applies in (*_HAZARDS, *_of_policy(policy)):
        tables = dict.fromkeys(
            str(planned.step.table)
            for planned in plan.steps
            if any(applies(planned, action) for action in planned.actions)
        )
        if tables:
            found.append(Found(hazard, tuple(tables)))
    return tuple(found)


def flag(found: Iterable[Found]) -> str:
    """Return what accepts exactly these, to paste."""
    return f"--accept {','.join(f.hazard.name for f in found)}"


def require_known(names: Collection[str]) -> None:
    """Refuse what is no hazard's name; raises HazardUnknown."""
    every = (*_HAZARDS, *_of_policy(Dedupe.IDENTICAL), *_of_policy(KeepNewest("")))
    known = [hazard.name for hazard, _ in every]
    for name in names:
        if name not in known:
            raise HazardUnknown(f"no hazard is called {name!r}", do=f"Known are {', '.join(known)}")


def require_accepted(plan: Plan, accepted: Collection[str], policy: Policy = Dedupe.REPORT) -> None:
    """Refuse a plan with a hazard that is not among the accepted; raises HazardNotAccepted."""
    found = hazards(plan, policy)
    missing = [f.hazard.name for f in found if f.hazard.name not in accepted]
    if missing:
        raise HazardNotAccepted(
            f"the plan has hazards that were not accepted, {', '.join(missing)}",
            why="--accept names the only hazards that the plan may have",
            do=f"If that is meant, give {flag(found)}",
        )
