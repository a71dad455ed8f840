"""Where every wanted step stands: its state, whether it is done, and what it waits for (contract,
Operations).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from outofband.catalog.classify import classify, is_declared, resolved
from outofband.catalog.constraints import is_constraint_reachable, left_over
from outofband.catalog.earlier import Earlier
from outofband.catalog.facts import Observation
from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
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
    Wanted,
    WantedStep,
)

_BUILT = frozenset({State.VALID, State.CONSTRAINT_OWNED})


@dataclass(frozen=True, slots=True)
class Standing:
    """One wanted step now. ``waits_for`` names the steps that have to be done first and are not."""

    step: Step
    revision: str
    sight: Sight
    done: bool
    waits_for: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The state the catalog shows."""
        return self.sight.state


_WRONG = frozenset(
    {
        State.INVALID,
        State.INVALID_ENFORCING,
        State.DIFFERENT,
        State.NOT_PROVABLY_EQUAL,
        State.QUARANTINED,
    }
)


def is_wrong(standing: Standing) -> bool:
    """Tell whether something is there that is not what was declared, rather than not yet there."""
    return not standing.done and standing.state in _WRONG


def standings(wanted: Wanted, seen: Observation) -> tuple[Standing, ...]:
    """Tell where each wanted step stands, in the order of the revisions, then what is unwanted."""
    listed = _listed(wanted, seen)
    steps = tuple(w.step for w in listed)
    # Nor is one wanted index renamed to serve as another.
    built = (s.index.qualified_name for s in steps if isinstance(s, CreateIndex))
    names = wanted.declared_names.union(built)
    beside = _pairs(steps)
    sights = tuple(
        _kept(s, classify(s, seen, names, beside.get(n)), wanted.incomplete)
        for n, s in enumerate(steps)
    )
    waits = _waits(steps)
    done = _done(steps, sights, waits)
    stand = tuple(
        Standing(
            step=step,
            revision=listed[n].revision,
            sight=sights[n],
            done=n in done,
            waits_for=tuple(steps[m].name for m in waits[n] if m not in done),
        )
        for n, step in enumerate(steps)
    )
    return stand + _unwanted(wanted, seen)


def _listed(wanted: Wanted, seen: Observation) -> tuple[WantedStep, ...]:
    """Leave out the coming steps that cannot be done yet, and those that wait for one of them: a
    stand-in stays until the upgrade has made the column of what takes its place.
    """
    listed: list[WantedStep] = []
    left_out = Earlier()
    for coming in wanted.steps:
        if coming.ahead and (left_out.awaited(coming.step) or not is_reachable(coming.step, seen)):
            left_out.add(coming.step)
        else:
            listed.append(coming)
    return tuple(listed)


def is_reachable(step: Step, seen: Observation) -> bool:
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


def _pairs(steps: tuple[Step, ...]) -> dict[int, AddConstraint | CreateIndex]:
    """Return, by the position of one, the other of the build of an index and the step that makes a
    constraint of it.
    """
    builds: dict[tuple[QualifiedName, str], tuple[int, CreateIndex]] = {}
    pairs: dict[int, AddConstraint | CreateIndex] = {}
    for n, step in enumerate(steps):
        match step:
            case CreateIndex(index):
                builds[index.table, index.name] = n, step
            case AddConstraint(table=table, using_index=using) if (table, using) in builds:
                position, build = builds[table, using]
                pairs[position], pairs[n] = step, build
    return pairs


def _waits(steps: Iterable[Step]) -> tuple[tuple[int, ...], ...]:
    """Return for each step the places of those that it waits for."""
    waits, earlier = [], Earlier()
    for step in steps:
        waits.append(tuple(earlier.awaited(step)))
        earlier.add(step)
    return tuple(waits)


def _done(
    steps: tuple[Step, ...], sights: tuple[Sight, ...], waits: tuple[tuple[int, ...], ...]
) -> frozenset[int]:
    """Return the positions that are done: the largest set in which each one's reason holds.

    The largest, because the steps may lean on each other in a circle (a build is done when its drop
    is, a drop when earlier builds are), and a chain whose net effect is nothing is done when
    nothing is there.
    """

    users, gone = _users(steps), _table_drops(steps)

    def holds(n: int, done: frozenset[int]) -> bool:
        if any(m in done for table in _tables(steps[n]) for m in gone.get(table, ()) if m > n):
            return True
        match steps[n]:
            case CreateIndex(index):
                built = sights[n].state in _BUILT and sights[n].replaced is None
                later = (m for m in users.get((index.table, index.name), ()) if m > n)
                return built or any(m in done or _owns(steps[m], sights[m]) for m in later)
            case DropIndex() | DetachPartition() | DropTable() | DropColumn():
                return sights[n].state is State.ABSENT and done.issuperset(waits[n])
            case AddConstraint() | AddCheck() | AddForeignKey() | SetNotNull() | AddEnumValue():
                return sights[n].state is State.VALID
            case Reindex(table=table, index=name):
                later = (m for m in users.get((table, name), ()) if m > n)
                gone_by = (m for m in later if isinstance(steps[m], DropIndex))
                return sights[n].state is State.FINISHED or any(m in done for m in gone_by)
            case Backfill() | RefreshView():
                return sights[n].state is State.FINISHED

    done = frozenset(range(len(steps)))
    while (fewer := frozenset(n for n in done if holds(n, done))) != done:
        done = fewer
    return done


def _owns(step: Step, sight: Sight) -> bool:
    """Tell whether a constraint has taken its index, though that has to be repaired by now."""
    return (
        isinstance(step, AddConstraint)
        and sight.index is not None
        and sight.index.constraint == step.name
        and sight.state is not State.DIFFERENT
    )


def _users(steps: Iterable[Step]) -> dict[tuple[QualifiedName, str], list[int]]:
    """Return the places of the steps that consume or remove an index, by its table and name."""
    users: dict[tuple[QualifiedName, str], list[int]] = {}
    for n, step in enumerate(steps):
        match step:
            case DropIndex(name, table) | AddConstraint(table=table, using_index=name):
                users.setdefault((table, name), []).append(n)
    return users


def _tables(step: Step) -> tuple[QualifiedName, ...]:
    """Return the tables without which nothing can be left of a step."""
    return (step.table, step.referent) if isinstance(step, AddForeignKey) else (step.table,)


def _table_drops(steps: Iterable[Step]) -> dict[QualifiedName, list[int]]:
    """Return the places of the steps that drop a table, with which all on it is done."""
    drops: dict[QualifiedName, list[int]] = {}
    for n, step in enumerate(steps):
        if isinstance(step, DropTable):
            drops.setdefault(step.table, []).append(n)
    return drops


def _kept(step: Step, sight: Sight, incomplete: tuple[str, ...]) -> Sight:
    """Keep what is to be dropped where a revision cannot be read that might have made it anew."""
    if sight.state is not State.VALID or not incomplete:
        return sight
    if not isinstance(step, DropTable | DropColumn):
        return sight
    reason = f"revision {', '.join(incomplete)} cannot be read, and may have made it anew"
    return replace(sight, reason=reason)


def _unwanted(wanted: Wanted, seen: Observation) -> tuple[Standing, ...]:
    """List what exists though only an unapplied revision declares it."""
    kept = {(w.step.table, w.step.name) for w in wanted.steps}
    beside = _pairs(tuple(w.step for w in wanted.unapplied))
    return tuple(
        Standing(w.step, w.revision, sight, done=True)
        for n, w in enumerate(wanted.unapplied)
        if (w.step.table, w.step.name) not in kept
        for sight in _left_over(w.step, seen, beside.get(n))
        if sight.index is None or not is_declared(sight.index.name, wanted.declared_names)
    )


def _left_over(
    step: Step, seen: Observation, beside: AddConstraint | CreateIndex | None
) -> list[Sight]:
    """Find the object of an unapplied step, or what a build of it left under its temporary name."""
    table = seen.table(step.table)
    if table is None or isinstance(
        step,
        DropIndex
        | Backfill
        | DetachPartition
        | DropTable
        | DropColumn
        | Reindex
        | RefreshView
        | AddEnumValue,
    ):
        return []
    sight = classify(step, seen, beside=beside)
    if isinstance(step, AddCheck | AddForeignKey | SetNotNull):
        return left_over(step, sight)
    found, key = sight.index, sight.key
    if found is None:
        return []
    if found.name.name == step.name:
        return [Sight(State.UNWANTED, found)]
    exact, reason = resolved(step, table), f"a build left it as {found.name.name}"
    if isinstance(exact, CreateIndex) and found.name == exact.index.temporary:
        return [Sight(State.UNWANTED, found, reason=reason)]
    if isinstance(exact, AddConstraint) and key and found.name == key.index.temporary:
        return [Sight(State.UNWANTED, found, reason=reason, key=key)]
    return []
