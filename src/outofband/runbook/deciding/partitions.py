"""Plan the index of a partitioned table: one over all, one on each partition, attached. Pure.

What is over all comes first and is invalid until the last partition's is attached, so that
partitions made meanwhile get theirs from Postgres. Each other one is built concurrently, of its
own. A run that dies is finished from what the catalog shows of every partition.

Where it is a constraint's, each partition's is made a constraint's too before it is attached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.parts import classify_part, is_kept
from outofband.catalog.sight import Sight
from outofband.model.action import (
    Action,
    AttachIndex,
    AwaitBuild,
    BuildIndex,
    ConstrainTable,
    CoverTable,
    Promote,
    RemoveIndex,
    RenameIndex,
)
from outofband.model.actions.index import named
from outofband.model.index import ConstraintKind, Index
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import ConstraintIndex


def obstacle(
    index: Index, table: TableFacts, found: IndexFacts | None, kind: ConstraintKind | None = None
) -> str:
    """Return why the index cannot be had on all partitions, empty when it can; ``found`` is what is
    there of it.
    """
    unique = _not_unique(index, table) if index.unique else ""
    covering = _Covering(index, kind)
    return unique or covering.stuck(table, found) or covering.stays_invalid(table, found)


def cover(
    index: Index, table: TableFacts, found: IndexFacts | None, kind: ConstraintKind | None = None
) -> tuple[Action, ...]:
    """Return what makes the index of a partitioned table whole, or, with ``kind``, that of a
    constraint.
    """
    return tuple(_Covering(index, kind).whole(table, found))


def parts(key: ConstraintIndex, table: TableFacts, begun: IndexFacts | None) -> tuple[Action, ...]:
    """Return of what makes a constraint whole the part that is the index's: the constraint over
    all, invalid yet, and what is built on the partitions.
    """
    return tuple(a for a, builds in _divided(key, table, begun) if builds)


def promotion(
    key: ConstraintIndex, table: TableFacts, begun: IndexFacts | None
) -> tuple[Action, ...]:
    """Return the rest of it, once the partitions have their parts."""
    return tuple(a for a, builds in _divided(key, table, begun) if not builds)


def _divided(
    key: ConstraintIndex, table: TableFacts, begun: IndexFacts | None
) -> Iterator[tuple[Action, bool]]:
    """Yield every action, and whether it is there to have the parts."""
    leaves = (part for part in table.tree() if not part.partitioned)
    built = {key.index.part(leaf.name).temporary for leaf in leaves}
    for action in cover(key.index, table, begun, key.kind):
        match action:
            case RenameIndex(index):
                yield action, index in built
            case _:
                yield action, not isinstance(action, Promote | AttachIndex)


def _not_unique(index: Index, table: TableFacts) -> str:
    """Postgres keeps rows unique within one partition, so that the key has to tell partitions
    apart (PostgreSQL 18, Declarative Partitioning, Limitations).
    """
    columns = {key.column for key in index.keys}
    for split in table.tree():
        if split.foreign:
            return f"partition {split.name} is a foreign table, where nothing can be kept unique"
        if None in split.partition_key:
            return f"{split.name} is partitioned by an expression, so that nothing in it is unique"
        missing = [str(column) for column in split.partition_key if column not in columns]
        if missing:
            key = ", ".join(missing)
            return f"{split.name} is partitioned by {key}, which a unique index has to contain"
    return ""


@dataclass(frozen=True, slots=True)
class _Covering:
    """The index over all partitions, and the kind of the constraint that it is to be one's."""

    index: Index
    kind: ConstraintKind | None

    def stuck(self, table: TableFacts, found: IndexFacts | None) -> str:
        """Tell of what is there and can never become valid (measured on 14 to 18)."""
        for part in table.partitions:
            if part.foreign:
                if found is not None and not found.valid:
                    return (
                        f"index {found.name} was begun ON ONLY {table.name}, and partition "
                        f"{part.name} is a foreign table that can have none; DROP INDEX "
                        f"{found.name} first"
                    )
                continue
            own = self._sight(part, found).index
            if part.partitioned:
                if reason := self.stuck(part, own):
                    return reason
            elif own is not None and own.attached and not own.valid:
                return (
                    f"index {own.name} was attached to {own.parent} while it was invalid, and "
                    f"cannot be replaced; DROP INDEX {own.parent} first"
                )
        return ""

    def stays_invalid(self, table: TableFacts, found: IndexFacts | None) -> str:
        """Postgres looks whether the last part is there only when one is attached."""
        left = self.whole(table, found)
        if found is None or any(not isinstance(a, RenameIndex) for a in left):
            return ""
        return (
            f"index {found.name} is not valid though all its parts are, for one was not when it "
            f"was attached; DROP INDEX {found.name} first"
        )

    def whole(self, table: TableFacts, found: IndexFacts | None) -> Iterator[Action]:
        """Yield what is left to do for all of it."""
        return self._covered(self.index, table, found, self.index.qualified_name)

    def _sight(self, part: TableFacts, parent: IndexFacts | None) -> Sight:
        return classify_part(self.index.part(part.name), part, parent, self.kind)

    def _covered(
        self, index: Index, table: TableFacts, found: IndexFacts | None, name: QualifiedName
    ) -> Iterator[Action]:
        """Cover one partitioned table with ``index``, the whole one or its part, and name that."""
        covering = found.name if found is not None else index.temporary
        at_once = found is None and any(part.foreign for part in table.partitions)
        if found is None and self.kind is not None:
            yield ConstrainTable(ConstraintIndex(index, self.kind))
        elif found is None and not at_once:
            yield CoverTable(index)
        for part in table.partitions:
            if not part.foreign:
                yield from self._part(part, found, None if at_once else covering)
        if at_once:
            yield CoverTable(index, whole=True)
        if covering != name:
            yield RenameIndex(covering, name.name)

    def _part(
        self, table: TableFacts, parent: IndexFacts | None, covering: QualifiedName | None
    ) -> Iterator[Action]:
        """Give a partition its index, and attach that to the one ``covering`` its parent, if
        any.
        """
        index, sight = self.index.part(table.name), self._sight(table, parent)
        found = sight.index
        if sight.state is State.VALID:
            return
        kept = found is not None and is_kept(index, found)
        name = found.name if found is not None and kept else index.qualified_name
        if table.partitioned:
            yield from self._covered(index, table, found, name)
        elif not kept:
            yield from _built(index, sight)
        if self.kind and not table.partitioned and not (found and found.constraint):
            own = ConstraintIndex(self.index, self.kind).promotion(name, table.name)
            yield Promote(own)
        if covering is not None and (found is None or not found.attached):
            yield AttachIndex(covering, name)


def _built(index: Index, sight: Sight) -> Iterator[Action]:
    """Build the index of one partition, or do what is left to do for it."""
    found = sight.index
    if sight.state is State.BUILDING and sight.pid is not None:
        yield AwaitBuild(index, sight.pid)
    elif found is None or not found.valid:
        # Whoever works on the partition is waited for before either, and looked at again.
        if found is not None:
            yield RemoveIndex(found.name)
        yield BuildIndex(index)
    yield from named(index)
