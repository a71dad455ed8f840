"""The states of the parts of a partitioned table's index, and of what is not finished. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.sight import Sight, at_work, dead, nothing
from outofband.model.index import ConstraintKind, Index
from outofband.model.state import State
from outofband.model.step import ConstraintIndex

CONSTRAINT_TYPES: Mapping[ConstraintKind, str] = {"primary_key": "p", "unique_constraint": "u"}
"""pg_constraint.contype of each kind."""


def unfinished(index: Index, found: IndexFacts, table: TableFacts) -> Sight:
    """Tell a live build from a dead one: dead only when no session is at work on the table."""
    if found.partitioned:
        return Sight(State.PARTITION_INCOMPLETE, found, reason=covered(index, table, found))
    for worker in table.workers:
        if worker.fingerprint == index.fingerprint:
            return Sight(State.BUILDING, found, worker.pid)
    return at_work(found, table) or dead(found)


def classify_part(
    index: Index,
    part: TableFacts,
    parent: IndexFacts | None,
    kind: ConstraintKind | None = None,
) -> Sight:
    """Tell the state of a partition's part of an index, as :meth:`Index.part` gives it; with
    ``kind``, of one that is to be such a constraint's.

    It is valid once it is attached to ``parent``, whatever it is called. What is not attached yet
    is of another name until it is: as when Postgres itself looks for a partition's index, any equal
    one will do (PostgreSQL 18, CREATE INDEX, on partitioned tables).
    """
    for found in part.indexes:
        if parent is not None and found.parent == parent.name:
            return Sight(State.VALID, found) if found.valid else unfinished(index, found, part)
    free = [i for i in part.indexes if not i.attached and _can_be(kind, i)]
    for found in (i for i in free if i.name in (index.temporary, index.qualified_name)):
        if not found.valid:
            return unfinished(index, found, part)
        # The name says what was built, also where its expressions cannot be shown to be equal.
        if compare(index, found, part) is not Equality.DIFFERENT:
            return Sight(State.VALID_OTHER_NAME, found)
    equal = [i for i in free if compare(index, i, part) is Equality.EQUAL]
    for found in (i for i in equal if i.valid):
        return Sight(State.VALID_OTHER_NAME, found)
    for found in (i for i in equal if i.partitioned):
        return unfinished(index, found, part)
    return nothing(index, part)


def kind_of(found: IndexFacts) -> ConstraintKind | None:
    """Return the kind of key that an index is a constraint's as, None where it is none's."""
    return next((k for k, told in CONSTRAINT_TYPES.items() if told == found.constraint_type), None)


def _can_be(kind: ConstraintKind | None, found: IndexFacts) -> bool:
    """Tell whether it can be the part of an index; of a constraint's, only what is such a
    constraint's itself, or a partition's that is none's yet: Postgres does not look whether it is a
    key of the same kind (measured on 14 to 18).
    """
    if kind is None:
        return True
    if found.constraint is None:
        return not found.partitioned
    return found.constraint_type == CONSTRAINT_TYPES[kind]


def is_kept(index: Index, found: IndexFacts) -> bool:
    """Tell whether what is there serves as a part under the name that it has."""
    return found.name != index.temporary and (found.valid or found.partitioned)


def covered(index: Index, table: TableFacts, parent: IndexFacts | None) -> str:
    """Say on how many of its partitions, at the lowest level, an index is there and attached."""
    return _of_all([sight.state is State.VALID for _, sight in _leaves(index, table, parent)])


def _of_all(leaves: list[bool]) -> str:
    return f"it is there on {sum(leaves)} of {len(leaves)} partitions"


def parts_for(key: ConstraintIndex, table: TableFacts, begun: IndexFacts | None) -> Sight:
    """Tell the state of the index that a constraint over partitions is to take: it is there once
    each partition has its part, attached to that of the constraint, if it is ``begun``, or not yet.
    """
    leaves = [
        sight.index is not None and (sight.state is State.VALID or is_kept(part, sight.index))
        for part, sight in _leaves(key.index, table, begun, key.kind)
    ]
    reason = f"{_of_all(leaves)}, and constraint {key.index.name} takes it there"
    if all(leaves):
        return Sight(State.VALID, reason=reason, key=key)
    state = State.PARTITION_INCOMPLETE if begun or any(leaves) else State.ABSENT
    return Sight(state, begun, reason=reason, key=key)


def _leaves(
    index: Index, table: TableFacts, parent: IndexFacts | None, kind: ConstraintKind | None = None
) -> Iterator[tuple[Index, Sight]]:
    for part in table.partitions:
        own = index.part(part.name)
        sight = classify_part(own, part, parent, kind)
        if part.partitioned:
            yield from _leaves(index, part, sight.index, kind)
        elif not part.foreign:
            yield own, sight
