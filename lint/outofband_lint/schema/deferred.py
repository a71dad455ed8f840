"""What a step leaves of a constraint: new rows satisfy it, and a runbook validates the others.

It is taken for validated behind a barrier on it alone: a deploy comes before the runbook.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from outofband_lint import statement as sql
from outofband_lint.schema.constraints import validate_constraint
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.values import TableConstraint

_VALIDATED_LATER = frozenset({"check", "foreign_key", "not_null"})


def deferred(statement: sql.AlterTable) -> sql.AlterTable:
    """Return what the deploy does of a step that adds a constraint to a large table."""
    return replace(statement, actions=tuple(map(_deferred, statement.actions)))


def _deferred(action: sql.TableAction) -> sql.TableAction:
    if isinstance(action, sql.AddConstraint) and action.constraint.kind in _VALIDATED_LATER:
        return replace(action, constraint=replace(action.constraint, not_valid=True))
    return action


def awaited(draft: Draft, step: str) -> None:
    """Take the constraint that a step has added for validated: a barrier on it was passed."""
    for table in list(draft.tables.values()):
        if any(_is_of(constraint, step) for constraint in table.constraints):
            validate_constraint(draft, table.name, step)
    draft.constraints = MappingProxyType(
        {
            table: tuple(replace(c, validated=True) if _is_of(c, step) else c for c in known)
            for table, known in draft.constraints.items()
        }
    )


def _is_of(constraint: TableConstraint, step: str) -> bool:
    return constraint.out_of_band and not constraint.validated and constraint.name == step
