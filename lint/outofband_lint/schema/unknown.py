"""The constraints of tables that the chain never created: all that it can know of these.

A history that begins in the middle still proves a column NOT NULL by a CHECK that it adds and
validates itself.
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.expression import likely_columns
from outofband_lint.schema.default_names import object_name
from outofband_lint.schema.values import DEFAULT_SCHEMA, TableConstraint
from outofband_lint.statement import (
    AddConstraint,
    AlterTable,
    Constraint,
    DropConstraint,
    ValidateConstraint,
)

Constraints = tuple[TableConstraint, ...]


def changes_constraints(statement: AlterTable) -> bool:
    """Tell whether the statement adds, validates or drops constraints."""
    kinds = (AddConstraint, ValidateConstraint, DropConstraint)
    return any(isinstance(action, kinds) for action in statement.actions)


def constraints_after(
    statement: AlterTable, known: Constraints, revision: str, *, out_of_band: bool = False
) -> Constraints:
    """Return the table's constraints as the statement leaves them; names are what tells them."""
    for action in statement.actions:
        match action:
            case AddConstraint(declared):
                added = _added(statement.table, declared, revision)
                known += (replace(added, out_of_band=out_of_band),)
            case ValidateConstraint(name):
                known = tuple(replace(c, validated=True) if c.name == name else c for c in known)
            case DropConstraint(name):
                known = tuple(constraint for constraint in known if constraint.name != name)
    return known


def _added(table: QualifiedName, declared: Constraint, revision: str) -> TableConstraint:
    columns = declared.columns or likely_columns(declared.expression or "")
    return TableConstraint(
        declared.name or _name(table, columns),
        declared.kind,
        columns,
        validated=not declared.not_valid,
        expression=declared.expression,
        revision=revision,
    )


def _name(table: QualifiedName, columns: tuple[str, ...]) -> str:
    return object_name(table.name, columns[0] if len(columns) == 1 else "", "check")


def full(name: QualifiedName) -> QualifiedName:
    """Return the name that a table nobody created is remembered by."""
    return name if name.schema is not None else QualifiedName(name.name, DEFAULT_SCHEMA)
