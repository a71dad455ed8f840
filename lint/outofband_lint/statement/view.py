"""Statements about views."""

from __future__ import annotations

from dataclasses import dataclass

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement


@dataclass(frozen=True, slots=True)
class CreateView(Statement):
    """CREATE [RECURSIVE] VIEW."""

    view: QualifiedName
    or_replace: bool = False
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class DropView(Statement):
    """DROP VIEW."""

    views: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False
