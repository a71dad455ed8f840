"""What the catalog shows of one index or constraint: a state, and what shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.catalog.constraint_facts import ConstraintFacts, Constraints
from outofband.catalog.facts import (
    AttachmentFacts,
    BackfillFacts,
    DropFacts,
    IndexFacts,
    RebuildFacts,
    TableFacts,
)
from outofband.model.index import Index
from outofband.model.state import State
from outofband.model.step import ConstraintIndex


@dataclass(frozen=True, slots=True)
class ConstraintSight:
    """What is there of a foreign key, a check or a NOT NULL: the constraint ``found``, and the
    table that a foreign key refers to, None where there is none.

    Of a NOT NULL ``proof`` is the check of ours that proves it or is to, and ``proved_by`` one of
    somebody else. ``known`` are all constraints of its table and partitions.
    """

    known: Constraints
    found: ConstraintFacts | None = None
    referent: TableFacts | None = None
    proof: ConstraintFacts | None = None
    proved_by: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """A step's state and what shows it: the index it was seen on, the session at work, a reason in
    words. ``replaced`` is one of its name and another definition whose place it takes. ``key`` is
    the constraint over partitions that takes, or is to take, the index and its parts. ``backfill``
    is what is known of one, ``constraint`` of what every row has to satisfy; ``attachment`` is a
    partition that is to be detached, ``drop`` a table or a column that is to go,
    ``rebuild`` what is to be done anew.
    """

    state: State
    index: IndexFacts | None = None
    pid: int | None = None
    reason: str = ""
    replaced: IndexFacts | None = None
    key: ConstraintIndex | None = None
    backfill: BackfillFacts | None = None
    constraint: ConstraintSight | None = None
    attachment: AttachmentFacts | None = None
    drop: DropFacts | None = None
    rebuild: RebuildFacts | None = None


_KINDS = {
    "r": "a table",
    "p": "a partitioned table",
    "v": "a view",
    "m": "a materialized view",
    "S": "a sequence",
    "f": "a foreign table",
    "c": "a composite type",
    "i": "an index of another table",
    "I": "an index of another table",
    "constraint": "a constraint of another kind",
}


def name_taken(kind: str) -> Sight:
    """Tell of a name that something else has: a relation, by its relkind, or a constraint of the
    table.
    """
    return Sight(State.DIFFERENT, reason=f"the name belongs to {_KINDS[kind]}")


def at_work(found: IndexFacts, table: TableFacts) -> Sight | None:
    """Tell who works on the table of an index that is not valid; None when nobody does."""
    for worker in table.workers:
        who = worker.application_name or "an unnamed application"
        reason = f"pid {worker.pid} ({who}) works on the table"
        return Sight(State.BUILDING_ELSEWHERE, found, worker.pid, reason)
    return None


def dead(found: IndexFacts) -> Sight:
    """Say what an index that nobody builds or drops any more does to its table's writes."""
    if not found.live:
        return Sight(State.INVALID, found, reason="a concurrent drop of it was not finished")
    if not found.ready:
        return Sight(State.INVALID, found, reason="a build of it was not finished")
    costs = "no query uses it, and every write maintains it"
    refuses = " and fails on a duplicate" if found.unique else ""
    reason = f"a build or a drop of it was not finished: {costs}{refuses}"
    return Sight(State.INVALID_ENFORCING, found, reason=reason)


def nothing(index: Index, table: TableFacts) -> Sight:
    """Tell of an index that is not there whether a session of ours has begun to build it."""
    for worker in table.workers:
        if worker.fingerprint == index.fingerprint:
            return Sight(State.BUILDING, pid=worker.pid)
    return Sight(State.ABSENT)
