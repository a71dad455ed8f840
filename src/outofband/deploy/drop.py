"""What an upgrade, or a downgrade, does about the drop of a table or a column. Pure."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.catalog.sight import Sight
from outofband.deploy.decision import Decision, Defer, Inline, Nothing
from outofband.deploy.large import on_large
from outofband.deploy.size import is_small
from outofband.model.names import quote
from outofband.model.step import Drop, DropColumn
from outofband.settings import Settings


def on_upgrade(
    step: Drop,
    sight: Sight,
    table: TableFacts,
    settings: Settings,
    waits_for: tuple[str, ...],
) -> Decision:
    """Drop only what this transaction has made. What stays must not refuse the rows of the coming
    release, which does not know it.
    """
    found = sight.drop
    if found is None:
        return Nothing()
    if found.made_here and not waits_for and is_small(table, settings):
        return Inline((step.plain_sql,))
    reason = sight.reason or "the release before may still read it"
    if isinstance(step, DropColumn) and found.needs_value:
        column = quote(step.column)
        return Defer(reason, (f"ALTER TABLE {table.name} ALTER COLUMN {column} DROP NOT NULL",))
    return Defer(reason)


def on_downgrade(step: Drop, sight: Sight, table: TableFacts, settings: Settings) -> Decision:
    """Drop what the upgrade has made, where it is small."""
    small = is_small(table, settings)
    return Inline((step.plain_sql,)) if small else on_large(step, sight, table, settings)
