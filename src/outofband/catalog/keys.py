"""Primary keys and unique constraints: what is there of one, and what cannot become one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.parts import CONSTRAINT_TYPES, covered
from outofband.catalog.sight import Sight, at_work, dead, name_taken
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName, quote
from outofband.model.state import State
from outofband.model.step import AddConstraint, ConstraintIndex

_WORDS = {"p": "primary key", "u": "unique constraint", "x": "exclusion constraint"}


def constraint(
    step: AddConstraint, table: TableFacts, build: Index | None, taken: Mapping[QualifiedName, str]
) -> Sight:
    """Tell the state of a constraint; ``build`` is the index that a step declares for it, and
    ``taken`` the names that other relations hold.
    """
    build = replace(build, table=table.name) if build and not unfit(build, step) else None
    key = _key(step, table, build)
    if found := next((i for i in table.indexes if i.constraint == step.name), None):
        return replace(_by_name(step, found, table, key.index if key else build), key=key)
    if kind := taken.get(step.table.renamed(step.name)):
        return name_taken(kind)
    if key is not None and (own := begun(key, table)):
        if own.valid:
            return Sight(State.VALID_OTHER_NAME, own, key=key)
        reason = covered(key.index, table, own)
        return Sight(State.PARTITION_INCOMPLETE, own, reason=reason, key=key)
    return replace(_elsewhere(step, table), key=key)


def begun(key: ConstraintIndex, table: TableFacts) -> IndexFacts | None:
    """Return the index of a constraint over partitions, finished or not, under its name or its
    temporary one; None where there is none.
    """
    names = (key.index.name, key.index.temporary_name)
    there = (table.index(name) for name in names)
    return next((i for i in there if i and i.constraint_type == CONSTRAINT_TYPES[key.kind]), None)


def unfit(index: Index, step: AddConstraint) -> str:
    """Return why an index, as declared, cannot become the constraint; empty when it can."""
    if not index.unique:
        return f"index {index.name} is not unique"
    if index.where or not all(key.is_plain for key in index.keys):
        return f"index {index.name} is partial, or over more than plain columns"
    if tuple(key.column for key in index.keys) != step.columns:
        return f"index {index.name} has other columns than the constraint"
    if step.kind == "primary_key" and index.nulls_not_distinct:
        return f"index {index.name} is NULLS NOT DISTINCT, which no primary key is"
    return ""


def _key(step: AddConstraint, table: TableFacts, build: Index | None) -> ConstraintIndex | None:
    """Return what a constraint over partitions is made of: the declared index, or what is there."""
    if not table.partitioned:
        return None
    if build is not None:
        return ConstraintIndex.of(build, step)
    there = table.index(step.using_index)
    if there is None or any(key.column is None for key in there.keys) or there.predicate:
        return None
    return ConstraintIndex.of(as_declared(there, table), step)


def as_declared(found: IndexFacts, table: TableFacts) -> Index:
    """Return a unique index over plain columns as a revision would declare it."""
    keys = tuple(Key.of(str(key.column)) for key in found.keys)
    nulls = found.nulls_not_distinct
    name = found.name.name
    return Index(name, table.name, keys, found.include, unique=True, nulls_not_distinct=nulls)


def _by_name(
    step: AddConstraint, found: IndexFacts, table: TableFacts, wanted: Index | None
) -> Sight:
    if reason := _is_another(step, found, table, wanted):
        return Sight(State.DIFFERENT, found, reason=reason)
    if found.valid:
        return Sight(State.VALID, found)
    if found.partitioned:
        reason = covered(wanted, table, found) if wanted else ""
        return Sight(State.PARTITION_INCOMPLETE, found, reason=reason)
    return at_work(found, table) or dead(found)


def _is_another(
    step: AddConstraint, found: IndexFacts, table: TableFacts, wanted: Index | None
) -> str:
    kind = found.constraint_type or ""
    if kind != CONSTRAINT_TYPES[step.kind]:
        return f"the constraint of that name is a {_WORDS[kind]}".replace("a ex", "an ex")
    if tuple(k.column for k in found.keys) != step.columns:
        return "a constraint of that name has other columns"
    if found.deferrable:
        return "the constraint of that name is DEFERRABLE, so that ON CONFLICT cannot use it"
    if wanted is not None and compare(wanted, found, table) is Equality.DIFFERENT:
        return f"the constraint of that name has another definition than index {step.using_index}"
    return ""


def _elsewhere(step: AddConstraint, table: TableFacts) -> Sight:
    """Look for the primary key, or an equal constraint, under another name."""
    used = table.index(step.using_index)
    for found in table.indexes:
        if found.constraint_type != CONSTRAINT_TYPES[step.kind]:
            continue
        same = tuple(k.column for k in found.keys) == step.columns and not found.deferrable
        if step.kind == "primary_key":
            reason = f"the table's primary key is {found.constraint}"
        elif same and found.valid and (used is None or used == found):
            reason = f"constraint {found.constraint} is the same under another name"
        else:
            continue
        if not same:
            return Sight(State.DIFFERENT, found, reason=reason)
        old, new = quote(str(found.constraint)), quote(step.name)
        rename = f"ALTER TABLE {table.name} RENAME CONSTRAINT {old} TO {new}"
        return Sight(State.VALID_OTHER_NAME, found, reason=f"{reason}; {rename} makes it this one")
    return Sight(State.ABSENT)
