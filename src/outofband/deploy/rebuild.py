"""What an upgrade does about a REINDEX or the refresh of a view. Pure."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.catalog.sight import Sight
from outofband.deploy.decision import Decision, Defer, Inline, Nothing, waiting
from outofband.deploy.large import on_large
from outofband.deploy.size import is_small
from outofband.model.state import State
from outofband.model.step import Rebuild, RefreshView, comment_on
from outofband.settings import Settings


def on_upgrade(
    step: Rebuild,
    sight: Sight,
    table: TableFacts,
    settings: Settings,
    waits_for: tuple[str, ...],
) -> Decision:
    """Decide on an index to be built anew, or a view to be refreshed.

    What this transaction has made is new, and only said to be; a view's query may take long,
    however small the view.
    """
    found = sight.rebuild
    if sight.state is State.FINISHED:
        return Nothing()
    if waits_for:
        return waiting(waits_for)
    if found is None:
        return Defer(sight.reason)
    mark = comment_on(step, found.name, found.comment)
    if found.made_here and found.populated:
        return Inline((mark,))
    if isinstance(step, RefreshView):
        return Defer("nobody knows how long the view's query takes")
    if not is_small(table, settings) or found.over_partitions:
        return on_large(step, sight, table, settings)
    return Inline((f"REINDEX INDEX {found.name}", mark))
