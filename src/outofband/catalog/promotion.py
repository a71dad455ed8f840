"""What stands in the way of making an index a constraint."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.model.index import ConstraintKind
from outofband.model.step import AddConstraint, ConstraintIndex


def obstacle(step: AddConstraint, table: TableFacts) -> str | None:
    """Return why the promotion cannot run now, None when it can.

    Postgres itself would scan the table to set NOT NULL (PostgreSQL 18, ALTER TABLE, ADD
    table_constraint_using_index), so a primary key over a nullable column is refused instead.
    """
    return next(_obstacles(step, table), None)


def key_obstacle(key: ConstraintIndex, table: TableFacts) -> str | None:
    """Return why a partitioned table cannot have a constraint now, None when it can."""
    columns = tuple(str(k.column) for k in key.index.keys)
    found = *_nullable(key.kind, columns, table), *_other_keys(key, table)
    return next(iter(found), None)


def _obstacles(step: AddConstraint, table: TableFacts) -> Iterator[str]:
    index = table.index(step.using_index)
    if index is None or not index.valid:
        yield f"index {step.using_index} is not there yet"
    else:
        yield from _unfit(step, index, table)
    named = table.index(step.name)
    if named is not None and named != index:
        yield f"another index of the table is called {step.name}"
    yield from _nullable(step.kind, step.columns, table)


def _unfit(step: AddConstraint, index: IndexFacts, table: TableFacts) -> Iterator[str]:
    """What Postgres refuses of the index itself (42809, 42P16, 55000: measured on 14 to 18)."""
    name = step.using_index
    if index.constraint:
        yield f"index {name} belongs to constraint {index.constraint} already"
    if not index.unique:
        yield f"index {name} is not unique"
    if index.predicate or any(key.column is None or key.descending for key in index.keys):
        yield f"index {name} is partial, descending or over an expression"
    if any(key.nulls_first or not key.default_class for key in index.keys):
        yield f"index {name} sorts NULLs first, or by another operator class than the default one"
    for key in index.keys:
        column = table.columns.get(key.column or "")
        if column is not None and column.collation_oid != key.collation_oid:
            yield f"index {name} sorts {key.column} by another collation than the column's own"
    if tuple(key.column for key in index.keys) != step.columns:
        yield f"index {name} has other columns than the constraint"
    if step.kind == "primary_key" and index.nulls_not_distinct:
        yield f"index {name} is NULLS NOT DISTINCT, which no primary key is"


def _nullable(kind: ConstraintKind, columns: tuple[str, ...], table: TableFacts) -> Iterator[str]:
    not_null = {name for name, column in table.columns.items() if column.not_null}
    allowing = ", ".join(name for name in columns if name not in not_null)
    if kind == "primary_key" and allowing:
        yield f"column {allowing} allows NULL, and setting NOT NULL is a step of its own"


def _other_keys(key: ConstraintIndex, table: TableFacts) -> Iterator[str]:
    """Say which partitions have a primary key that cannot be the part of this one: Postgres takes
    the constraint over all, and then none for them.
    """
    for part in table.tree() if key.kind == "primary_key" else ():
        for index in part.indexes:
            if (
                index.constraint_type == "p"
                and compare(key.index, index, part) is not Equality.EQUAL
            ):
                yield f"{part.name} has a primary key of its own, {index.constraint}"
