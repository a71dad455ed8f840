"""Where every wanted step stands: its state, whether it is done, and what it waits for (contract,
Operations).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outofband.catalog.classify import classify, is_declared, resolved
from outofband.catalog.facts import Observation
from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step, Wanted, WantedStep

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
    sights = tuple(classify(step, seen, names) for step in steps)
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


class Earlier:
    """Steps in order, of which those that a later one waits for are found by table and by name."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.steps: list[Step] = []
        self._on: dict[QualifiedName, list[int]] = {}
        self._called: dict[str, list[int]] = {}
        for step in steps:
            self.add(step)

    def add(self, step: Step) -> None:
        """Append a step."""
        for places in (self._on.setdefault(step.table, []), self._called.setdefault(step.name, [])):
            places.append(len(self.steps))
        self.steps.append(step)

    def awaited(self, step: Step) -> list[int]:
        """Return the places of those that ``step`` waits for, done or not.

        A promotion waits for its index; a drop for ``after``, or for every step on its table except
        the creation of what it drops; a build only for ``after``, and where it replaces for what
        the drop would wait for.
        """
        match step:
            case CreateIndex(after=after, replaces=DropIndex() as drop):
                return sorted({*self._named(after), *self.awaited(drop)})
            case CreateIndex(after=after):
                return self._named(after)
            case DropIndex(name, table, after=None):
                places = self._on.get(table, ())
                return [n for n in places if not self._creates(n, name)]
            case DropIndex(after=after):
                return self._named(after or ())
            case AddConstraint(table=table, using_index=index):
                places = self._called.get(index, ())
                return [n for n in places if self._creates(n, index) and self._is_on(n, table)]

    def _named(self, names: Iterable[str]) -> list[int]:
        return sorted({n for name in names for n in self._called.get(name, ())})

    def _creates(self, place: int, name: str) -> bool:
        step = self.steps[place]
        return isinstance(step, CreateIndex) and step.name == name

    def _is_on(self, place: int, table: QualifiedName) -> bool:
        return self.steps[place].table == table


def waits_for(step: Step, earlier: Iterable[Step]) -> tuple[Step, ...]:
    """Return those of the earlier steps that ``step`` waits for, in order, done or not."""
    before = Earlier(earlier)
    return tuple(before.steps[n] for n in before.awaited(step))


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

    users = _users(steps)

    def holds(n: int, done: frozenset[int]) -> bool:
        match steps[n]:
            case CreateIndex(index):
                built = sights[n].state in _BUILT and sights[n].replaced is None
                later = (m for m in users.get((index.table, index.name), ()) if m > n)
                return built or any(m in done for m in later)
            case DropIndex():
                return sights[n].state is State.ABSENT and done.issuperset(waits[n])
            case AddConstraint():
                return sights[n].state is State.VALID

    done = frozenset(range(len(steps)))
    while (fewer := frozenset(n for n in done if holds(n, done))) != done:
        done = fewer
    return done


def _users(steps: Iterable[Step]) -> dict[tuple[QualifiedName, str], list[int]]:
    """Return the places of the steps that consume or remove an index, by its table and name."""
    users: dict[tuple[QualifiedName, str], list[int]] = {}
    for n, step in enumerate(steps):
        match step:
            case DropIndex(name, table) | AddConstraint(table=table, using_index=name):
                users.setdefault((table, name), []).append(n)
    return users


def _unwanted(wanted: Wanted, seen: Observation) -> tuple[Standing, ...]:
    """List what exists though only an unapplied revision declares it."""
    kept = {(w.step.table, w.step.name) for w in wanted.steps}
    return tuple(
        Standing(w.step, w.revision, sight, done=True)
        for w in wanted.unapplied
        if (w.step.table, w.step.name) not in kept
        for sight in _left_over(w.step, seen)
        if sight.index is not None and not is_declared(sight.index.name, wanted.declared_names)
    )


def _left_over(step: Step, seen: Observation) -> list[Sight]:
    """Find the object of an unapplied step, or what a build of it left under its temporary name."""
    table = seen.table(step.table)
    if table is None or isinstance(step, DropIndex):
        return []
    found = classify(step, seen).index
    if found is None:
        return []
    if found.name.name == step.name:
        return [Sight(State.UNWANTED, found)]
    exact = resolved(step, table)
    if isinstance(exact, CreateIndex) and found.name == exact.index.temporary:
        return [Sight(State.UNWANTED, found, reason=f"a build left it as {found.name.name}")]
    return []
