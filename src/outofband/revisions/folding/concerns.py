"""Whether a step is about an object that a statement, or another step, names. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from outofband.model.names import QualifiedName
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddForeignKey,
    CreateIndex,
    DetachPartition,
    DropIndex,
    SetNotNull,
    Step,
)
from outofband.revisions.folding.carry import same
from outofband.revisions.folding.entries import Entry


def same_object(one: Step, other: Step) -> bool:
    """Tell whether two steps of one kind are about one object."""
    return type(one) is type(other) and one.name == other.name and same(one.table, other.table)


def creates(step: Step, index: QualifiedName) -> bool:
    """Tell whether a step builds the index."""
    return isinstance(step, CreateIndex) and same(step.index.qualified_name, index)


def drops(step: Step, index: QualifiedName) -> bool:
    """Tell whether a step drops the index."""
    return isinstance(step, DropIndex) and same(step.qualified_name, index)


def consumes(step: Step, index: QualifiedName) -> bool:
    """Tell whether a step makes a constraint of the index."""
    return isinstance(step, AddConstraint) and same(step.table.renamed(step.using_index), index)


def adds(step: Step, table: QualifiedName, constraint: str) -> bool:
    """Tell whether a step adds the constraint, other than by promoting an index."""
    adds = isinstance(step, AddForeignKey | AddCheck | SetNotNull)
    return adds and same(step.table, table) and step.name == constraint


def sets_not_null(step: Step, table: QualifiedName, column: str) -> bool:
    """Tell whether a step sets the column NOT NULL."""
    return isinstance(step, SetNotNull) and same(step.table, table) and step.column == column


def refers(step: Step, referent: Callable[[QualifiedName], bool]) -> bool:
    """Tell whether a step adds a foreign key to a table that ``referent`` tells of."""
    return isinstance(step, AddForeignKey) and referent(step.referent)


def detaches(step: Step, partition: Callable[[QualifiedName], bool]) -> bool:
    """Tell whether a step detaches a partition that ``partition`` tells of."""
    return isinstance(step, DetachPartition) and partition(step.partition)


def about(index: QualifiedName, known: Iterable[Entry]) -> list[Entry]:
    """Return, of the entries known, the builds and the drops of the index."""
    return [e for e in known if creates(e.step, index) or drops(e.step, index)]


def names(step: Step, index: QualifiedName) -> bool:
    """Tell whether a step names the index: as its own, or as the one that it consumes."""
    of_index = isinstance(step, CreateIndex | DropIndex | AddConstraint)
    named = of_index and same(step.table.renamed(step.name), index)
    return named or consumes(step, index)
