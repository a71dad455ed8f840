"""Whether a step is done, as the SQL of a script asks: as far as an expression can."""

from __future__ import annotations

from outofband.model.names import QualifiedName, literal
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
    RefreshView,
    Reindex,
    SetNotNull,
    Step,
)
from outofband.revisions.offline import constraint
from outofband.revisions.offline.backfill import is_empty
from outofband.revisions.offline.drop import is_gone
from outofband.revisions.offline.enum import has_label
from outofband.revisions.offline.rebuild import is_rebuilt
from outofband.revisions.offline.text import regclass


def is_done(step: Step) -> str:
    """Return the expression that nothing is left to do of a step."""
    match step:
        case CreateIndex(index):
            return _is_valid(index.qualified_name, index.table)
        case DropIndex():
            return f"{regclass(step.qualified_name)} IS NULL"
        case AddConstraint():
            return _has_constraint(step)
        case AddCheck() | AddForeignKey() | SetNotNull():
            return constraint.is_done(step)
        case DetachPartition():
            return _is_detached(step)
        case DropTable() | DropColumn():
            return is_gone(step)
        case Reindex() | RefreshView():
            return is_rebuilt(step)
        case AddEnumValue():
            return has_label(step)
        case Backfill():  # of the verdict no expression can ask: what waits for it is deferred
            return is_empty(step)


def _is_valid(index: QualifiedName, table: QualifiedName) -> str:
    return (
        f"EXISTS (SELECT FROM pg_index WHERE indexrelid = {regclass(index)}"
        f" AND indrelid = {regclass(table)} AND indisvalid)"
    )


def _has_constraint(step: AddConstraint) -> str:
    return (
        f"EXISTS (SELECT FROM pg_constraint JOIN pg_index ON indexrelid = conindid"
        f" WHERE conname = {literal(step.name)} AND indisvalid"
        f" AND conrelid = {regclass(step.table)})"
    )


def _is_detached(step: DetachPartition) -> str:
    return (
        "NOT EXISTS (SELECT FROM pg_inherits"
        f" WHERE inhparent = {regclass(step.table)}"
        f" AND inhrelid = {regclass(step.partition)})"
    )
