"""What dead builds left of an index and beside it, and what clears it away. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.model.action import Action, DropConstraint, RemoveIndex, RepairIndex
from outofband.model.index import Index
from outofband.model.names import is_reindex_leftover


def repair(index: Index, found: IndexFacts, table: TableFacts) -> tuple[Action, ...]:
    """Build an index anew in its place, once what earlier tries left beside it is gone."""
    left = (RemoveIndex(i.name) for i in table.indexes if _is_left_by_reindex(i, found))
    return (*left, RepairIndex(replace(index, name=found.name.name)))


def leftovers(index: Index, table: TableFacts) -> Iterator[Action]:
    """Yield what clears away what dead builds left beside an index that is done."""
    for part in table.tree():
        own = index if part is table else index.part(part.name)
        ours = {own.temporary} if part is table else {own.temporary, own.qualified_name}
        for left in (i for i in part.indexes if not i.attached):
            if left.name not in ours and not _is_half_reindexed(left, own, part):
                continue
            if left.constraint:
                yield DropConstraint(part.name, left.constraint, left.partitioned)
            else:
                yield RemoveIndex(left.name, left.partitioned)


def _is_half_reindexed(left: IndexFacts, own: Index, part: TableFacts) -> bool:
    """Tell whether a REINDEX CONCURRENTLY of the index, under whatever name, has left this one."""
    if left.valid or compare(own, left, part) is Equality.DIFFERENT:
        return False
    serving = (i for i in part.indexes if i.valid and compare(own, i, part) is Equality.EQUAL)
    return any(_is_left_by_reindex(left, i) for i in serving)


def _is_left_by_reindex(left: IndexFacts, of: IndexFacts) -> bool:
    return not left.valid and is_reindex_leftover(left.name.name, of.name.name)
