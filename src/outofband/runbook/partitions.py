"""Plan the index of a partitioned table: one over all, one on each partition, attached. Pure.

What is over all comes first and is invalid until the last partition's is attached, so that
partitions made meanwhile get theirs from Postgres. Each other one is built concurrently, of its
own. A run that dies is finished from what the catalog shows of every partition.
"""

from __future__ import annotations

from collections.abc import Iterator

from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.parts import classify_part
from outofband.catalog.sight import Sight
from outofband.model.index import Index
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.statements import (
    Action,
    AttachIndex,
    AwaitBuild,
    BuildIndex,
    CoverTable,
    RemoveIndex,
    RenameIndex,
)


def obstacle(index: Index, table: TableFacts, found: IndexFacts | None) -> str:
    """Return why the index cannot be had on all partitions, empty when it can; ``found`` is what is
    there of it.
    """
    unique = _not_unique(index, table) if index.unique else ""
    return unique or _stuck(index, table, found) or _stays_invalid(index, table, found)


def cover(index: Index, table: TableFacts, found: IndexFacts | None) -> tuple[Action, ...]:
    """Return what makes the index of a partitioned table whole."""
    return tuple(_covered(index, index, table, found, index.qualified_name))


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


def _stuck(whole: Index, table: TableFacts, found: IndexFacts | None) -> str:
    """Tell of what is there and can never become valid (measured on 14 to 18)."""
    for part in table.partitions:
        if part.foreign:
            if found is not None and not found.valid:
                return (
                    f"index {found.name} was begun ON ONLY {table.name}, and partition {part.name} "
                    f"is a foreign table that can have none; DROP INDEX {found.name} first"
                )
            continue
        own = classify_part(whole.part(part.name), part, found).index
        if part.partitioned:
            if reason := _stuck(whole, part, own):
                return reason
        elif own is not None and own.attached and not own.valid:
            return (
                f"index {own.name} was attached to {own.parent} while it was invalid, and cannot "
                f"be replaced; DROP INDEX {own.parent} first"
            )
    return ""


def _stays_invalid(index: Index, table: TableFacts, found: IndexFacts | None) -> str:
    """Postgres looks whether the last part is there only when one is attached."""
    if found is None or any(not isinstance(a, RenameIndex) for a in cover(index, table, found)):
        return ""
    return (
        f"index {found.name} is not valid though all its parts are, for one was not when it was "
        f"attached; DROP INDEX {found.name} first"
    )


def _covered(
    whole: Index, index: Index, table: TableFacts, found: IndexFacts | None, name: QualifiedName
) -> Iterator[Action]:
    """Cover one partitioned table with ``index``, the ``whole`` one or its part, and name that."""
    covering = found.name if found is not None else index.temporary
    at_once = found is None and any(part.foreign for part in table.partitions)
    if found is None and not at_once:
        yield CoverTable(index)
    for part in table.partitions:
        if not part.foreign:
            yield from _part(whole, part, found, None if at_once else covering)
    if at_once:
        yield CoverTable(index, whole=True)
    if covering != name:
        yield RenameIndex(covering, name.name)


def _part(
    whole: Index, table: TableFacts, parent: IndexFacts | None, covering: QualifiedName | None
) -> Iterator[Action]:
    """Give a partition its index, and attach that to the one ``covering`` its parent, if any."""
    index = whole.part(table.name)
    sight = classify_part(index, table, parent)
    found = sight.index
    if sight.state is State.VALID:
        return
    kept = found is not None and _is_kept(index, found)
    name = found.name if found is not None and kept else index.qualified_name
    if table.partitioned:
        yield from _covered(whole, index, table, found, name)
    elif not kept:
        yield from _built(index, sight)
    if covering is not None and (found is None or not found.attached):
        yield AttachIndex(covering, name)


def _is_kept(index: Index, found: IndexFacts) -> bool:
    """Tell whether what is there serves under the name that it has."""
    return found.name != index.temporary and (found.valid or found.partitioned)


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
    yield RenameIndex(index.temporary, index.name)
