"""Plan the detaching of a partition. Pure."""

from __future__ import annotations

from outofband.catalog.facts import AttachmentFacts, TableFacts
from outofband.catalog.standing import Standing
from outofband.model.action import Decision, Detach, FinishDetach


def detach(standing: Standing, table: TableFacts) -> Decision:
    """Return what is left to do, or why it cannot be done.

    A default partition has Postgres refuse CONCURRENTLY (55000): what is left is the plain form,
    which locks the whole table for milliseconds.
    """
    found = standing.sight.attachment
    if found is None:  # it is detached, and what it waits for is not done yet
        return (), ""
    if found.pending:
        return (FinishDetach(table.name, found.name),), ""
    if found.default:
        return (Detach(table.name, found.name, concurrent=False),), ""
    if found.other_pending:
        return (), _other(found, table)
    return (Detach(table.name, found.name),), ""


def _other(found: AttachmentFacts, table: TableFacts) -> str:
    return (
        f"a detach of {found.other_pending} was not finished, and of a table one at a time can be; "
        f"ALTER TABLE {table.name} DETACH PARTITION {found.other_pending} FINALIZE first"
    )
