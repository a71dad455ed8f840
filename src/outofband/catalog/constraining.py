"""What finishes a foreign key, a check or a NOT NULL: there for new rows at once, for milliseconds,
then validated under a lock that lets reads and writes through. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from outofband.catalog.constraint_facts import (
    NOT_NULL_IS_A_CONSTRAINT,
    PARTITIONED_TAKES_NOT_VALID,
    Constraints,
)
from outofband.catalog.constraints import is_same
from outofband.catalog.facts import TableFacts
from outofband.catalog.sight import ConstraintSight, Sight
from outofband.model.action import (
    Action,
    AddNotNull,
    AddNotValid,
    AddOverPartitions,
    Decision,
    DeclareNotNull,
    DropConstraint,
    Validate,
)
from outofband.model.state import State
from outofband.model.step import AddCheck, AddForeignKey, Constraint, RowConstraint, SetNotNull

_BEGUN = frozenset({State.NOT_VALID, State.UNFINISHED})


def constrain(
    step: RowConstraint, sight: Sight, table: TableFacts, *, waits: bool = False
) -> Decision:
    """Return what is left to do for a step, or why it cannot be done; its table's schema is filled
    in. One that ``waits`` for others is not judged by what they are to bring.
    """
    shown = sight.constraint
    if shown is None or sight.state not in (State.ABSENT, *_BEGUN):
        return (), sight.reason or f"it is {sight.state.words}"
    match step:
        case AddCheck():
            return (*_added(step, sight, table), *_validated(step.name, table, shown.known)), ""
        case AddForeignKey():
            stuck = "" if waits else _obstacle(step, table, shown.referent)
            return ((), stuck) if stuck else (_refer(step, sight, shown, table), "")
        case SetNotNull():
            return _not_null(step, shown, table), ""
        case _:
            assert_never(step)


def _obstacle(step: AddForeignKey, table: TableFacts, referent: TableFacts | None) -> str:
    """Return why a foreign key cannot be added yet; empty when it can."""
    if referent is None:
        return f"there is no table {step.referent}"
    for side, columns in ((table, step.columns), (referent, step.referred)):
        if lacking := ", ".join(column for column in columns if column not in side.columns):
            return f"{side.name} has no column {lacking}"
    if not any(_serves(step, referent)):
        columns_told = ", ".join(step.referred)
        return f"no valid unique index of {referent.name} is over {columns_told} alone"
    return ""


def _serves(step: AddForeignKey, referent: TableFacts) -> Iterator[bool]:
    """Tell of each index whether a foreign key can refer to its columns (PostgreSQL 18, CREATE
    TABLE, REFERENCES).
    """
    for index in referent.indexes:
        columns = [key.column for key in index.keys]
        whole = index.unique and index.valid and not index.predicate and not index.deferrable
        yield whole and sorted(map(str, columns)) == sorted(step.referred)


def _added(step: Constraint, sight: Sight, table: TableFacts) -> tuple[Action, ...]:
    is_there = sight.state is not State.ABSENT
    return () if is_there else (AddNotValid(step, table.partitioned),)


def _validated(name: str, table: TableFacts, known: Constraints) -> Iterator[Action]:
    """Yield the validation of a check, partition by partition: what is looked at stays so, and the
    parts have its name.
    """
    for part in sorted(table.tree(), key=lambda part: part.partitioned):
        found = known.named(part.oid, name)
        if not part.foreign and (found is None or not found.validated):
            yield Validate(part.name, name)


def _refer(
    step: AddForeignKey, sight: Sight, shown: ConstraintSight, table: TableFacts
) -> tuple[Action, ...]:
    split = table.partitioned and sight.state is State.ABSENT
    if split and shown.known.server_version < PARTITIONED_TAKES_NOT_VALID:
        parts = (action for part in table.partitions for action in _part(step, shown, part))
        return (*parts, AddOverPartitions(step))
    return (*_added(step, sight, table), Validate(table.name, step.name))


def _part(step: AddForeignKey, shown: ConstraintSight, part: TableFacts) -> Iterator[Action]:
    """Yield what gives each leaf under a partition a foreign key of its own."""
    if part.partitioned:
        for below in part.partitions:
            yield from _part(step, shown, below)
        return
    known = shown.known
    of_part = replace(step, table=part.name)
    same = [c for c in known.on.get(part.oid, ()) if is_same(step, c, part, known, shown.referent)]
    if any(c.validated for c in same):
        return
    if not same:
        yield AddNotValid(of_part)
    yield Validate(part.name, same[0].name if same else step.name)


def _not_null(step: SetNotNull, shown: ConstraintSight, table: TableFacts) -> tuple[Action, ...]:
    split = table.partitioned
    if shown.known.server_version >= NOT_NULL_IS_A_CONSTRAINT:
        name = shown.found.name if shown.found else step.name
        added = () if shown.found else (AddNotNull(step, split),)
        return (*added, Validate(table.name, name), *_without_proof(step, shown, table))
    declared = DeclareNotNull(step, split)
    if shown.proved_by:
        return (declared,)
    proof = step.proof
    added_proof = () if shown.proof else (AddNotValid(proof, split),)
    drop = DropConstraint(table.name, proof.name, split)
    return (*added_proof, *_validated(proof.name, table, shown.known), declared, drop)


def _without_proof(step: SetNotNull, shown: ConstraintSight, table: TableFacts) -> Iterator[Action]:
    if shown.proof is not None:
        yield DropConstraint(table.name, step.proof.name, table.partitioned)


def proof_left(step: SetNotNull, sight: Sight, table: TableFacts) -> tuple[Action, ...]:
    """Return what takes away the check that has proved a column to be NOT NULL."""
    shown = sight.constraint
    return tuple(_without_proof(step, shown, table)) if shown else ()


def undo_constraint(sight: Sight, table: TableFacts) -> Decision:
    """Return what takes a constraint away that no revision applied wants."""
    shown = sight.constraint
    assert shown is not None
    assert shown.found is not None
    return (DropConstraint(table.name, shown.found.name, table.partitioned),), ""
