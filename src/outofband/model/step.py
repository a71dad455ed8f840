"""A step: one piece of schema or data work that must not run in the deploy, as its revision
declares it. Each family of kinds is a file of :mod:`outofband.model.steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outofband.model.names import QualifiedName
from outofband.model.steps.backfill import Backfill
from outofband.model.steps.constraint import (
    AddCheck,
    AddForeignKey,
    Constraint,
    RowConstraint,
    SetNotNull,
)
from outofband.model.steps.drop import Drop, DropColumn, DropTable
from outofband.model.steps.enum import AddEnumValue
from outofband.model.steps.index import CreateIndex, DropIndex
from outofband.model.steps.partition import DetachPartition
from outofband.model.steps.promotion import AddConstraint, ConstraintIndex
from outofband.model.steps.rebuild import Rebuild, RefreshView, Reindex, comment_on, mark_of

__all__ = [
    "KINDS",
    "AddCheck",
    "AddConstraint",
    "AddEnumValue",
    "AddForeignKey",
    "Backfill",
    "Constraint",
    "ConstraintIndex",
    "CreateIndex",
    "DetachPartition",
    "Drop",
    "DropColumn",
    "DropIndex",
    "DropTable",
    "Rebuild",
    "RefreshView",
    "Reindex",
    "RowConstraint",
    "SetNotNull",
    "Step",
    "Wanted",
    "WantedStep",
    "comment_on",
    "in_words",
    "mark_of",
]

Step = (
    CreateIndex
    | DropIndex
    | AddConstraint
    | AddForeignKey
    | AddCheck
    | SetNotNull
    | Backfill
    | DetachPartition
    | DropTable
    | DropColumn
    | Reindex
    | RefreshView
    | AddEnumValue
)

KINDS: Mapping[str, type[Step]] = {
    "create_index": CreateIndex,
    "drop_index": DropIndex,
    "primary_key": AddConstraint,
    "unique_constraint": AddConstraint,
    "foreign_key": AddForeignKey,
    "check": AddCheck,
    "not_null": SetNotNull,
    "backfill": Backfill,
    "detach_partition": DetachPartition,
    "drop_table": DropTable,
    "drop_column": DropColumn,
    "reindex": Reindex,
    "enum_value": AddEnumValue,
    "refresh_materialized_view": RefreshView,
}
"""Every kind by its word in revisions, states and JSON."""


def in_words(step: Step) -> str:
    """Return a step's kind and name, as people read them."""
    return f"{step.kind.replace('_', ' ')} {step.name}"


@dataclass(frozen=True, slots=True)
class WantedStep:
    """A step and the revision that declares it; ``ahead`` when that revision is not applied yet."""

    step: Step
    revision: str
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a set of revisions wants done out of band, in order; an ordered list, not an end state.

    ``steps`` come from the revisions asked for (the applied ones, or up to ``--to``); ``unapplied``
    from known revisions beyond them. ``declared_names`` are index names that any applied revision
    declares, by plain ``create_index`` too: such an index is never renamed away. ``incomplete`` are
    applied revisions that could not be rendered, so that more may be wanted than is listed.
    """

    steps: tuple[WantedStep, ...] = ()
    unapplied: tuple[WantedStep, ...] = ()
    declared_names: frozenset[QualifiedName] = frozenset()
    incomplete: tuple[str, ...] = ()
