"""Statements about schemas, types and materialized views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement


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
    """CREATE TYPE or CREATE DOMAIN; `labels` are those of an enum, in order."""

    name: QualifiedName
    kind: Literal["enum", "composite", "range", "base", "domain"]
    labels: tuple[str, ...] = ()


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
