"""Plan what is built or refreshed anew. Pure."""

from __future__ import annotations

from outofband.catalog.facts import RebuildFacts, TableFacts
from outofband.catalog.standing import Standing
from outofband.model.action import Action, Decision, Mark, RebuildIndex, Refresh, RemoveIndex
from outofband.model.names import is_reindex_leftover
from outofband.model.step import Rebuild, Reindex


def rebuild(step: Rebuild, standing: Standing, table: TableFacts) -> Decision:
    """Return what does it anew and notes that, or why it cannot be done.

    The note comes last: a run that dies before it does the work once more.
    """
    found = standing.sight.rebuild
    if found is None:
        return (), standing.sight.reason
    mark = Mark(step, found.name, found.comment)
    if isinstance(step, Reindex):
        obstacle = _not_built(found, table)
        return ((), obstacle) if obstacle else ((*_again(found, table), mark), "")
    if found.populated and not found.concurrent:
        return (), (
            f"{found.name} has no unique index over columns of all its rows, without which a "
            "refresh keeps its readers out; declare one with op.create_index_out_of_band(…, "
            "unique=True), and name it in after"
        )
    # Nobody can read a view that was never populated, and CONCURRENTLY is refused for it.
    return (Refresh(found.name, concurrent=found.populated), mark), ""


def _not_built(found: RebuildFacts, table: TableFacts) -> str:
    index = table.index(found.name.name)
    if found.over_partitions:
        return f"{found.name} is the index of a partitioned table; name that of a partition"
    if index is None or not index.valid:
        return f"{found.name} is not valid; what builds it mends it"
    return ""


def _again(found: RebuildFacts, table: TableFacts) -> tuple[Action, ...]:
    left = (
        RemoveIndex(i.name)
        for i in table.indexes
        if not i.valid and is_reindex_leftover(i.name.name, found.name.name)
    )
    return (*left, RebuildIndex(found.name))
