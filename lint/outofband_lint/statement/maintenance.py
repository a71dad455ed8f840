"""Statements that lock tables, or work on what they occupy."""

from __future__ import annotations

from dataclasses import dataclass

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement


@dataclass(frozen=True, slots=True)
class LockTable(Statement):
    """LOCK TABLE; `mode` is spelled as the value of a LockMode."""

    tables: tuple[QualifiedName, ...]
    mode: str = "ACCESS EXCLUSIVE"
    nowait: bool = False


@dataclass(frozen=True, slots=True)
class Vacuum(Statement):
    """VACUUM; without tables, of the whole database."""

    tables: tuple[QualifiedName, ...] = ()
    full: bool = False
    analyze: bool = False


@dataclass(frozen=True, slots=True)
class Analyze(Statement):
    """ANALYZE; without tables, of the whole database."""

    tables: tuple[QualifiedName, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster(Statement):
    """CLUSTER; without a table, of all that were clustered before."""

    table: QualifiedName | None = None
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Repack(Statement):
    """REPACK (PostgreSQL 19); without a table, of all that the role owns."""

    table: QualifiedName | None = None
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class RefreshMaterializedView(Statement):
    """REFRESH MATERIALIZED VIEW."""

    view: QualifiedName
    concurrently: bool = False
    with_data: bool = True
