"""The states of the parts of a partitioned table's index, and of what is not finished. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.sight import Sight, at_work, dead, nothing
from outofband.model.index import Index
from outofband.model.state import State


def unfinished(index: Index, found: IndexFacts, table: TableFacts) -> Sight:
    """Tell a live build from a dead one: dead only when no session is at work on the table."""
    if found.partitioned:
        return Sight(State.PARTITION_INCOMPLETE, found, reason=covered(index, table, found))
    for worker in table.workers:
        if worker.fingerprint == index.fingerprint:
            return Sight(State.BUILDING, found, worker.pid)
    return at_work(found, table) or dead(found)


def classify_part(index: Index, part: TableFacts, parent: IndexFacts | None) -> Sight:
    """Tell the state of a partition's part of an index, as :meth:`Index.part` gives it.

    It is valid once it is attached to ``parent``, whatever it is called. What is not attached yet
    is of another name until it is: as when Postgres itself looks for a partition's index, any equal
    one will do (PostgreSQL 18, CREATE INDEX, on partitioned tables).
    """
    for found in part.indexes:
        if parent is not None and found.parent == parent.name:
            return Sight(State.VALID, found) if found.valid else unfinished(index, found, part)
    free = [i for i in part.indexes if not i.attached]
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


def covered(index: Index, table: TableFacts, parent: IndexFacts | None) -> str:
    """Say on how many of its partitions, at the lowest level, an index is there and attached."""
    leaves = list(_leaves(index, table, parent))
    there = sum(leaves)
    return f"it is there on {there} of {len(leaves)} partitions"


def _leaves(index: Index, table: TableFacts, parent: IndexFacts | None) -> Iterator[bool]:
    for part in table.partitions:
        found = classify_part(index.part(part.name), part, parent)
        if part.partitioned:
            yield from _leaves(index, part, found.index)
        elif not part.foreign:
            yield found.state is State.VALID
