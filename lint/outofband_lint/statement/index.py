"""Statements about indexes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One key of an index: a column or an expression, exactly one of the two."""

    column: str | None = None
    expression: str | None = None
    collation: str | None = None
    opclass: str | None = None
    descending: bool = False
    nulls_first: bool | None = None

    def undirected(self) -> IndexKey:
        """Return the key in the default direction."""
        return replace(self, descending=False, nulls_first=None)

    def __str__(self) -> str:
        """Return the column or the expression, as the catalog spells it."""
        return self.column if self.column is not None else self.expression or ""


@dataclass(frozen=True, slots=True)
class CreateIndex(Statement):
    """CREATE INDEX; a name of None is chosen by Postgres. `only` leaves the partitions out."""

    name: str | None
    table: QualifiedName
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...] = ()
    method: str = "btree"
    unique: bool = False
    nulls_not_distinct: bool = False
    where: str | None = None
    concurrently: bool = False
    if_not_exists: bool = False
    only: bool = False
    tablespace: str | None = None


@dataclass(frozen=True, slots=True)
class DropIndex(Statement):
    """DROP INDEX of one or more indexes."""

    indexes: tuple[QualifiedName, ...]
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class RenameIndex(Statement):
    """ALTER INDEX … RENAME TO; renames the constraint too where one owns the index."""

    index: QualifiedName
    new_name: str


@dataclass(frozen=True, slots=True)
class AttachIndex(Statement):
    """ALTER INDEX parent ATTACH PARTITION child."""

    index: QualifiedName
    child: QualifiedName


@dataclass(frozen=True, slots=True)
class Reindex(Statement):
    """REINDEX; `name` is None for a whole database or system."""

    target: Literal["index", "table", "schema", "database", "system"]
    name: QualifiedName | None = None
    concurrently: bool = False
    tablespace: str | None = None


@dataclass(frozen=True, slots=True)
class SetIndexTablespace(Statement):
    """ALTER INDEX … SET TABLESPACE."""

    index: QualifiedName
    tablespace: str


@dataclass(frozen=True, slots=True)
class MoveAllToTablespace(Statement):
    """ALTER … ALL IN TABLESPACE … SET TABLESPACE."""

    kind: Literal["table", "index", "materialized view"]
    tablespace: str
    new_tablespace: str
