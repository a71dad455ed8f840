"""Plan the drop of a table or a column. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.catalog.facts import DropFacts, TableFacts
from outofband.catalog.standing import Standing
from outofband.model.action import Action, Decision, DropForeignKey, RemoveIndex, TakeAway
from outofband.model.step import Drop
from outofband.runbook.rate import duration

RECENT_SECONDS = 600.0
"""For how long after somebody has read a table it counts as read."""


def drop(step: Drop, standing: Standing, table: TableFacts, *, named: bool) -> Decision:
    """Return what takes it away, or why it stays. ``named``: by its name it was asked for, so that
    who reads it is known.
    """
    found = standing.sight.drop
    if found is None:  # it is gone, and what it waits for is not done yet
        return (), ""
    if standing.sight.reason:
        return (), standing.sight.reason
    if found.dependents:
        needed = ", ".join(found.dependents)
        return (), f"{needed} depends on it; a revision has to drop or change that first"
    if not named and (read := _read(found)):
        return (), f"{read}; when that is over, or known, name the step: --only {step.name}"
    return tuple(_actions(step, found, table)), ""


def _read(found: DropFacts) -> str:
    """Say who seems to read it; empty where nobody does, or nobody can tell."""
    seconds = found.last_read_seconds
    if seconds is not None and seconds < RECENT_SECONDS:
        return f"somebody read it {duration(seconds)} ago"
    if found.mentions:
        return f"its name is in the text of {', '.join(found.mentions)}"
    return ""


def _actions(step: Drop, found: DropFacts, table: TableFacts) -> Iterator[Action]:
    for referring, name in found.foreign_keys:
        yield DropForeignKey(referring, name)
    for index in (i for i in table.indexes if i.name in found.indexes and not i.attached):
        yield RemoveIndex(index.name, index.partitioned)
    yield TakeAway(step)
