"""Statements about schemas, types and materialized views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement
from outofband_lint.statement.table import Constraint, DataType


@dataclass(frozen=True, slots=True)
class CreateSchema(Statement):
    """CREATE SCHEMA."""

    name: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropSchema(Statement):
    """DROP SCHEMA; with `cascade`, everything in it goes too."""

    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class RenameSchema(Statement):
    """ALTER SCHEMA … RENAME TO; what it holds moves along."""

    name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class CreateType(Statement):
    """CREATE TYPE; `labels` are those of an enum, in order."""

    name: QualifiedName
    kind: Literal["enum", "composite", "range", "base"]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddEnumValue(Statement):
    """ALTER TYPE … ADD VALUE."""

    type: QualifiedName
    value: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameEnumValue(Statement):
    """ALTER TYPE … RENAME VALUE."""

    type: QualifiedName
    value: str
    new_value: str


@dataclass(frozen=True, slots=True)
class AlterCompositeType(Statement):
    """ALTER TYPE of attributes; `actions` are the leading words of each: `"add attribute"`."""

    type: QualifiedName
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateDomain(Statement):
    """CREATE DOMAIN."""

    name: QualifiedName
    type: DataType
    not_null: bool = False
    default: str | None = None
    constraints: tuple[Constraint, ...] = ()


DomainAction = Literal[
    "add_constraint",
    "validate_constraint",
    "drop_constraint",
    "rename_constraint",
    "set_not_null",
    "drop_not_null",
    "set_default",
    "drop_default",
    "owner",
]


@dataclass(frozen=True, slots=True)
class AlterDomain(Statement):
    """ALTER DOMAIN; `constraint` is the one added, `constraint_name` the one that is named."""

    domain: QualifiedName
    action: DomainAction
    constraint: Constraint | None = None
    constraint_name: str | None = None


@dataclass(frozen=True, slots=True)
class DropType(Statement):
    """DROP TYPE or DROP DOMAIN; with `cascade`, the columns of that type go too."""

    types: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class RenameType(Statement):
    """ALTER TYPE or ALTER DOMAIN … RENAME TO."""

    type: QualifiedName
    new_name: str


@dataclass(frozen=True, slots=True)
class SetTypeSchema(Statement):
    """ALTER TYPE or ALTER DOMAIN … SET SCHEMA."""

    type: QualifiedName
    schema: str


@dataclass(frozen=True, slots=True)
class CreateMaterializedView(Statement):
    """CREATE MATERIALIZED VIEW; its columns are those of a query that is not read."""

    view: QualifiedName
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropMaterializedView(Statement):
    """DROP MATERIALIZED VIEW; its indexes go too."""

    views: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False
