"""From an observation to the state of one step: pure, derived anew each time, nothing
remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import IndexFacts, Observation, TableFacts
from outofband.model.index import Index
from outofband.model.names import QualifiedName, is_temporary
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step

_CONSTRAINT_TYPES = {"primary_key": "p", "unique_constraint": "u"}
Names = frozenset[QualifiedName]


@dataclass(frozen=True, slots=True)
class Sight:
    """A step's state and what shows it: the index it was seen on, the session at work, a reason in
    words.
    """

    state: State
    index: IndexFacts | None = None
    pid: int | None = None
    reason: str = ""


def classify(step: Step, seen: Observation, declared_names: Names = frozenset()) -> Sight:
    """Tell the state of ``step``; indexes with a declared name are never offered for renaming."""
    table = seen.table(step.table)
    match step:
        case CreateIndex(index):
            if table is None:
                return Sight(State.ABSENT, reason=f"there is no table {step.table}")
            if kind := seen.taken.get(index.qualified_name):
                return Sight(
                    State.DIFFERENT, reason=f"the name belongs to another relation ({_KINDS[kind]})"
                )
            return _index(replace(index, table=table.name), table, declared_names)
        case DropIndex(name):
            return _present(table.index(name) if table else None)
        case AddConstraint():
            return _constraint(step, table) if table else Sight(State.ABSENT)
        case _:
            assert_never(step)


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
}


def resolved(step: Step, table: TableFacts) -> Step:
    """Return the step with its table's schema filled in: what names, fingerprints and SQL are made
    from.
    """
    match step:
        case CreateIndex(index):
            return replace(step, index=replace(index, table=table.name))
        case DropIndex() | AddConstraint():
            return replace(step, table=table.name)


def _index(index: Index, table: TableFacts, declared_names: Names) -> Sight:
    named = table.index(index.name)
    if named is not None:
        return _by_name(index, named, table)
    built = table.index(index.temporary_name)
    if built is not None and not built.valid:
        return _unfinished(index, built, table)
    # The name says what was built, also where its expressions cannot be shown to be equal.
    if built is not None and compare(index, built, table) is not Equality.DIFFERENT:
        return Sight(State.VALID_OTHER_NAME, built)
    return _elsewhere(index, table, declared_names)


def _by_name(index: Index, named: IndexFacts, table: TableFacts) -> Sight:
    if not named.valid and not named.partitioned:
        return _unfinished(index, named, table)
    match compare(index, named, table):
        case Equality.EQUAL if not named.valid:
            return _unfinished(index, named, table)
        case Equality.EQUAL:
            return Sight(State.CONSTRAINT_OWNED if named.constraint else State.VALID, named)
        case Equality.UNPROVABLE:
            reason = "its expressions or predicate are spelled differently from the declared ones"
            return Sight(State.NOT_PROVABLY_EQUAL, named, reason=reason)
        case Equality.DIFFERENT:
            return Sight(
                State.DIFFERENT, named, reason="an index of that name has another definition"
            )


def _unfinished(index: Index, found: IndexFacts, table: TableFacts) -> Sight:
    """Tell a live build from a dead one: dead only when no session is at work on the table."""
    if found.partitioned:
        return Sight(State.PARTITION_INCOMPLETE, found, reason=covered(index, table, found))
    for worker in table.workers:
        if worker.fingerprint == index.fingerprint:
            return Sight(State.BUILDING, found, worker.pid)
    for worker in table.workers:
        who = worker.application_name or "an unnamed application"
        return Sight(
            State.BUILDING_ELSEWHERE,
            found,
            worker.pid,
            f"pid {worker.pid} ({who}) works on the table",
        )
    return Sight(State.INVALID_ENFORCING if found.ready else State.INVALID, found)


def classify_part(index: Index, part: TableFacts, parent: IndexFacts | None) -> Sight:
    """Tell the state of a partition's part of an index, as :meth:`Index.part` gives it.

    It is valid once it is attached to ``parent``, whatever it is called. What is not attached yet
    is of another name until it is: as when Postgres itself looks for a partition's index, any equal
    one will do (PostgreSQL 18, CREATE INDEX, on partitioned tables).
    """
    for found in part.indexes:
        if parent is not None and found.parent == parent.name:
            return Sight(State.VALID, found) if found.valid else _unfinished(index, found, part)
    free = [i for i in part.indexes if not i.attached]
    for found in (i for i in free if i.name in (index.temporary, index.qualified_name)):
        if not found.valid:
            return _unfinished(index, found, part)
        # The name says what was built, also where its expressions cannot be shown to be equal.
        if compare(index, found, part) is not Equality.DIFFERENT:
            return Sight(State.VALID_OTHER_NAME, found)
    equal = [i for i in free if compare(index, i, part) is Equality.EQUAL]
    for found in (i for i in equal if i.valid):
        return Sight(State.VALID_OTHER_NAME, found)
    for found in (i for i in equal if i.partitioned):
        return _unfinished(index, found, part)
    return _nothing(index, part)


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


def _elsewhere(index: Index, table: TableFacts, declared_names: Names) -> Sight:
    alike = [i for i in table.indexes if compare(index, i, table) is Equality.EQUAL]
    equal = [i for i in alike if i.valid]
    for found in equal:
        if found.constraint:
            return Sight(State.CONSTRAINT_OWNED, found)
    for found in equal:
        if not found.attached and not is_declared(found.name, declared_names):
            return Sight(State.VALID_OTHER_NAME, found)
    for found in alike:
        if found.partitioned and not found.attached and not is_declared(found.name, declared_names):
            return _unfinished(index, found, table)
    return _nothing(index, table)


def _nothing(index: Index, table: TableFacts) -> Sight:
    for worker in table.workers:
        if worker.fingerprint == index.fingerprint:
            return Sight(State.BUILDING, pid=worker.pid)
    return Sight(State.ABSENT)


def is_declared(name: QualifiedName, declared_names: Names) -> bool:
    """Tell whether a revision declares the name; ours under a temporary name never count as
    declared.
    """
    if is_temporary(name.name):
        return False
    return name in declared_names or QualifiedName(name.name) in declared_names


def _present(found: IndexFacts | None) -> Sight:
    if found is None:
        return Sight(State.ABSENT)
    if found.constraint:
        return Sight(State.CONSTRAINT_OWNED, found, reason=f"constraint {found.constraint} owns it")
    if found.valid:
        return Sight(State.VALID, found)
    return Sight(State.INVALID_ENFORCING if found.ready else State.INVALID, found)


def _constraint(step: AddConstraint, table: TableFacts) -> Sight:
    for found in table.indexes:
        if found.constraint is None or found.constraint_type != _CONSTRAINT_TYPES[step.kind]:
            continue
        same_columns = tuple(k.column for k in found.keys) == step.columns
        if found.constraint == step.name:
            return Sight(State.VALID if same_columns else State.DIFFERENT, found)
        if step.kind == "primary_key":
            reason = f"the table's primary key is {found.constraint}"
            return Sight(
                State.VALID_OTHER_NAME if same_columns else State.DIFFERENT, found, reason=reason
            )
    return Sight(State.ABSENT)
