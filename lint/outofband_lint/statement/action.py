"""The actions of ALTER TABLE."""

from __future__ import annotations

from dataclasses import dataclass

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement
from outofband_lint.statement.table import ColumnDefinition, Constraint, DataType


@dataclass(frozen=True, slots=True)
class AddColumn:
    """ADD COLUMN."""

    column: ColumnDefinition
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    """DROP COLUMN."""

    column: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """RENAME COLUMN."""

    column: str
    new_name: str


@dataclass(frozen=True, slots=True)
class AlterColumnType:
    """ALTER COLUMN … TYPE; `using` is the expression that converts."""

    column: str
    type: DataType
    using: str | None = None


@dataclass(frozen=True, slots=True)
class SetNotNull:
    """ALTER COLUMN … SET NOT NULL."""

    column: str


@dataclass(frozen=True, slots=True)
class DropNotNull:
    """ALTER COLUMN … DROP NOT NULL."""

    column: str


@dataclass(frozen=True, slots=True)
class SetDefault:
    """ALTER COLUMN … SET DEFAULT."""

    column: str
    expression: str


@dataclass(frozen=True, slots=True)
class DropDefault:
    """ALTER COLUMN … DROP DEFAULT."""

    column: str


@dataclass(frozen=True, slots=True)
class AddConstraint:
    """ADD [CONSTRAINT name] …"""

    constraint: Constraint


@dataclass(frozen=True, slots=True)
class DropConstraint:
    """DROP CONSTRAINT; the index that it owns goes too."""

    name: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class RenameConstraint:
    """RENAME CONSTRAINT; renames the index too where the constraint owns one."""

    name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class ValidateConstraint:
    """VALIDATE CONSTRAINT."""

    name: str


@dataclass(frozen=True, slots=True)
class AttachPartition:
    """ATTACH PARTITION."""

    partition: QualifiedName


@dataclass(frozen=True, slots=True)
class DetachPartition:
    """DETACH PARTITION; `finalize` completes an interrupted concurrent one."""

    partition: QualifiedName
    concurrently: bool = False
    finalize: bool = False


@dataclass(frozen=True, slots=True)
class SetInheritance:
    """INHERIT or, where `inherit` is False, NO INHERIT."""

    parent: QualifiedName
    inherit: bool


@dataclass(frozen=True, slots=True)
class OtherAction:
    """An action that changes nothing the schema tracks; `kind` is its leading words."""

    kind: str


TableAction = (
    AddColumn
    | DropColumn
    | RenameColumn
    | AlterColumnType
    | SetNotNull
    | DropNotNull
    | SetDefault
    | DropDefault
    | AddConstraint
    | DropConstraint
    | RenameConstraint
    | ValidateConstraint
    | AttachPartition
    | DetachPartition
    | SetInheritance
    | OtherAction
)


@dataclass(frozen=True, slots=True)
class AlterTable(Statement):
    """ALTER TABLE with its actions, in order."""

    table: QualifiedName
    actions: tuple[TableAction, ...]
    if_exists: bool = False
    only: bool = False
