"""Which of the earlier steps a step waits for (contract, Operations)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from outofband.model.names import QualifiedName
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
)


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
        the creation of what it drops; a build and a backfill only for ``after``, and where it
        replaces for what the drop would wait for. A primary key waits for its columns to be NOT
        NULL, a foreign key for what makes the columns unique that it refers to.
        """
        match step:
            case CreateIndex(after=after, replaces=DropIndex() as drop):
                return sorted({*self._named(after), *self.awaited(drop)})
            case AddForeignKey(referent=referent, referred=referred, after=after):
                makers = (n for n in self._on.get(referent, ()) if self._makes_unique(n, referred))
                return sorted({*self._named(after), *makers})
            case CreateIndex(after=after) | Backfill(after=after):
                return self._named(after)
            case AddCheck(after=after) | SetNotNull(after=after):
                return self._named(after)
            case DropIndex(name, table, after=None):
                places = self._on.get(table, ())
                return [n for n in places if not self._creates(n, name)]
            case DetachPartition() | DropTable() | DropColumn():
                every = step.after is None
                return [*self._on.get(step.table, ())] if every else self._named(step.after or ())
            case AddEnumValue():
                return []
            case DropIndex(after=after) | Reindex(after=after) | RefreshView(after=after):
                return self._named(after or ())
            case AddConstraint(table=table, using_index=index):
                places = self._called.get(index, ())
                builds = (n for n in places if self._creates(n, index) and self._is_on(n, table))
                return sorted({*builds, *self._declared_not_null(step)})

    def _named(self, names: Iterable[str]) -> list[int]:
        return sorted({n for name in names for n in self._called.get(name, ())})

    def _declared_not_null(self, key: AddConstraint) -> Iterator[int]:
        for n in self._on.get(key.table, ()) if key.kind == "primary_key" else ():
            step = self.steps[n]
            if isinstance(step, SetNotNull) and step.column in key.columns:
                yield n

    def _makes_unique(self, place: int, columns: tuple[str, ...]) -> bool:
        match self.steps[place]:
            case CreateIndex(index):
                keys = [key.column for key in index.keys]
                return index.unique and not index.where and set(keys) == set(columns)
            case AddConstraint(columns=keys):
                return set(keys) == set(columns)
        return False

    def _creates(self, place: int, name: str) -> bool:
        step = self.steps[place]
        return isinstance(step, CreateIndex) and step.name == name

    def _is_on(self, place: int, table: QualifiedName) -> bool:
        return self.steps[place].table == table


def waits_for(step: Step, earlier: Iterable[Step]) -> tuple[Step, ...]:
    """Return those of the earlier steps that ``step`` waits for, in order, done or not."""
    before = Earlier(earlier)
    return tuple(before.steps[n] for n in before.awaited(step))


def bearing_on(step: Step, wanted: Wanted) -> Wanted:
    """Return what decides where ``step`` stands: all that is wanted on its table, and on the tables
    of what is waited for there.

    Of thousands of steps these are few, and a run looks at them before each action.
    """
    tables, before = set[QualifiedName](), Earlier()
    beside: dict[QualifiedName, set[QualifiedName]] = {}
    for each in (w.step for w in wanted.steps):
        places = before.awaited(each)
        beside.setdefault(each.table, set()).update(before.steps[n].table for n in places)
        before.add(each)
    more = {step.table}
    while more:
        table = more.pop()
        tables.add(table)
        more |= beside.get(table, set()) - tables
    # An index is not renamed away while any step wants it, wherever.
    built = (s.index.qualified_name for s in before.steps if isinstance(s, CreateIndex))
    return replace(
        wanted,
        steps=tuple(w for w in wanted.steps if w.step.table in tables),
        unapplied=tuple(w for w in wanted.unapplied if w.step.table in tables),
        declared_names=wanted.declared_names.union(built),
    )
