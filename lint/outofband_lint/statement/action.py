"""The actions of ALTER TABLE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    collation: str | None = None


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
    """ATTACH PARTITION; `bound` is what stands behind FOR VALUES, empty for the default one."""

    partition: QualifiedName
    bound: str = ""
    default: bool = False


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
class SplitPartition:
    """SPLIT PARTITION (PostgreSQL 19)."""

    partition: QualifiedName
    into: tuple[QualifiedName, ...]


@dataclass(frozen=True, slots=True)
class MergePartitions:
    """MERGE PARTITIONS (PostgreSQL 19)."""

    partitions: tuple[QualifiedName, ...]
    into: QualifiedName


@dataclass(frozen=True, slots=True)
class SetTablespace:
    """SET TABLESPACE."""

    tablespace: str


@dataclass(frozen=True, slots=True)
class SetLogged:
    """SET LOGGED or, where `logged` is False, SET UNLOGGED."""

    logged: bool


@dataclass(frozen=True, slots=True)
class SetAccessMethod:
    """SET ACCESS METHOD."""

    method: str


@dataclass(frozen=True, slots=True)
class ReplicaIdentity:
    """REPLICA IDENTITY."""

    mode: Literal["default", "full", "nothing", "index"]
    index: str | None = None


@dataclass(frozen=True, slots=True)
class RowSecurity:
    """ENABLE, DISABLE, FORCE or NO FORCE ROW LEVEL SECURITY."""

    change: Literal["enable", "disable", "force", "no_force"]


@dataclass(frozen=True, slots=True)
class TriggerState:
    """ENABLE or DISABLE TRIGGER; `trigger` may be `"all"` or `"user"`."""

    change: Literal["enable", "disable", "enable_replica", "enable_always"]
    trigger: str


@dataclass(frozen=True, slots=True)
class SetExpression:
    """ALTER COLUMN … SET EXPRESSION."""

    column: str
    expression: str


@dataclass(frozen=True, slots=True)
class DropExpression:
    """ALTER COLUMN … DROP EXPRESSION."""

    column: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AddIdentity:
    """ALTER COLUMN … ADD GENERATED … AS IDENTITY."""

    column: str


@dataclass(frozen=True, slots=True)
class DropIdentity:
    """ALTER COLUMN … DROP IDENTITY."""

    column: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterConstraint:
    """ALTER CONSTRAINT; `enforced` is None where it stays as it is."""

    name: str
    enforced: bool | None = None


@dataclass(frozen=True, slots=True)
class ClusterOn:
    """CLUSTER ON or, where `index` is None, SET WITHOUT CLUSTER."""

    index: str | None


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
    | SplitPartition
    | MergePartitions
    | SetTablespace
    | SetLogged
    | SetAccessMethod
    | ReplicaIdentity
    | RowSecurity
    | TriggerState
    | SetExpression
    | DropExpression
    | AddIdentity
    | DropIdentity
    | AlterConstraint
    | ClusterOn
    | OtherAction
)


@dataclass(frozen=True, slots=True)
class AlterTable(Statement):
    """ALTER TABLE with its actions, in order."""

    table: QualifiedName
    actions: tuple[TableAction, ...]
    if_exists: bool = False
    only: bool = False
