"""Who would wait for a rehearsed deploy, on which table and for how long: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from outofband.rehearse.at_size import Duration, Hold
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName

SHORT = 0.05
"""Seconds that nobody notices; below, a time measured here tells more of this machine."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The locks on a table that an application would wait for, in the order of the deploy."""

    table: QualifiedName
    holds: tuple[Hold, ...]

    @property
    def worst(self) -> Hold:
        """The one that lasts longest."""
        return max(self.holds, key=_weight)

    @property
    def are_short(self) -> bool:
        """Whether nobody would notice any of them."""
        return is_short(self.worst.duration)


def waits(holds: Sequence[Hold]) -> list[Waits]:
    """Return the tables on which an application would wait, the longest wait first."""
    blocking = sorted(filter(blocks, holds), key=lambda hold: hold.lock.table)
    tables = groupby(blocking, key=lambda hold: hold.lock.table)
    found = [Waits(table, tuple(group)) for table, group in tables]
    return sorted(found, key=lambda each: _weight(each.worst), reverse=True)


def alike(found: Iterable[Waits]) -> list[list[Waits]]:
    """Put together the tables of which the same statements take the same locks, such as partitions:
    in the order in which the first of each came.
    """
    groups: dict[tuple[object, ...], list[Waits]] = {}
    for each in found:
        key = tuple((id(hold.statement), hold.lock.mode) for hold in each.holds)
        groups.setdefault(key, []).append(each)
    return [*groups.values()]


def by_statement(holds: Iterable[Hold]) -> Mapping[int, Sequence[Hold]]:
    """Return the locks of each statement that takes any, by the statement's ``id()``."""
    found: dict[int, list[Hold]] = {}
    for hold in holds:
        found.setdefault(id(hold.statement), []).append(hold)
    return found


def blocks(hold: Hold) -> bool:
    """Whether an application waits for a lock: for the table's, or for those of all its rows."""
    return hold.stops or locks_rows(hold)


def locks_rows(hold: Hold) -> bool:
    """Whether it is a statement that goes through a whole table and changes rows of it."""
    return hold.lock.mode is LockMode.ROW_EXCLUSIVE and hold.lock.table in hold.statement.scanned


def is_short(duration: Duration | None) -> bool:
    """Whether it was measured here, and nobody would notice it."""
    return duration is not None and not duration.method and duration.seconds < SHORT


def _weight(hold: Hold) -> tuple[bool, float]:
    """Put what nobody knows after what would be noticed, and before what would not."""
    duration = hold.duration
    if duration is None:
        return True, 0.0
    return not is_short(duration), duration.seconds
