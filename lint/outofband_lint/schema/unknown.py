"""The CHECKs of tables that the chain never created: all that it can know of these.

A history that begins in the middle still proves a column NOT NULL by a CHECK that it adds and
validates itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.expression import likely_columns
from outofband_lint.schema.default_names import object_name
from outofband_lint.schema.values import DEFAULT_SCHEMA, TableConstraint
from outofband_lint.statement import (
    AddConstraint,
    AlterTable,
    DropConstraint,
    ValidateConstraint,
)

Checks = tuple[TableConstraint, ...]


def changes_checks(statement: AlterTable) -> bool:
    """Tell whether the statement adds, validates or drops constraints."""
    kinds = (AddConstraint, ValidateConstraint, DropConstraint)
    return any(isinstance(action, kinds) for action in statement.actions)


def checks_after(statement: AlterTable, checks: Checks, revision: str) -> Checks:
    """Return the table's CHECKs as the statement leaves them."""
    for action in statement.actions:
        match action:
            case AddConstraint(constraint) if constraint.kind == "check":
                expression = constraint.expression or ""
                columns = likely_columns(expression)
                checks += (
                    TableConstraint(
                        constraint.name or _name(statement.table, columns),
                        "check",
                        columns,
                        validated=not constraint.not_valid,
                        expression=expression,
                        revision=revision,
                    ),
                )
            case ValidateConstraint(name):
                checks = tuple(replace(c, validated=True) if c.name == name else c for c in checks)
            case DropConstraint(name):
                checks = tuple(_without(checks, name))
    return checks


def _without(checks: Checks, name: str) -> Iterable[TableConstraint]:
    return (check for check in checks if check.name != name)


def _name(table: QualifiedName, columns: tuple[str, ...]) -> str:
    return object_name(table.name, columns[0] if len(columns) == 1 else "", "check")


def full(name: QualifiedName) -> QualifiedName:
    """Return the name that a table nobody created is remembered by."""
    return name if name.schema is not None else QualifiedName(name.name, DEFAULT_SCHEMA)
