"""Statements about functions, procedures and triggers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement

RoutineKind = Literal["function", "procedure"]


@dataclass(frozen=True, slots=True)
class CreateFunction(Statement):
    """CREATE FUNCTION or CREATE PROCEDURE; `settings` are the parameters that its SETs name."""

    name: QualifiedName
    kind: RoutineKind = "function"
    language: str | None = None
    security_definer: bool = False
    settings: tuple[str, ...] = ()
    or_replace: bool = False


@dataclass(frozen=True, slots=True)
class AlterFunction(Statement):
    """ALTER FUNCTION or ALTER PROCEDURE; `security_definer` is None where it stays as it is."""

    name: QualifiedName
    kind: RoutineKind = "function"
    security_definer: bool | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateTrigger(Statement):
    """CREATE [CONSTRAINT] TRIGGER."""

    name: str
    table: QualifiedName
    constraint: bool = False
    or_replace: bool = False


@dataclass(frozen=True, slots=True)
class DropTrigger(Statement):
    """DROP TRIGGER."""

    name: str
    table: QualifiedName
    if_exists: bool = False
    cascade: bool = False
