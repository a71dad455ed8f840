"""Statements about tables, their columns and constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement
from outofband_lint.statement.index import IndexKey

ConstraintKind = Literal["primary_key", "unique", "foreign_key", "check", "exclude", "not_null"]


@dataclass(frozen=True, slots=True)
class DataType:
    """A type as format_type() spells it: `character varying(20)`, `integer[]`, `app.mood`.

    `name` is the SQL spelling for built-in types and the catalog's name for all others;
    `modifiers` stand between the parentheses, `suffix` behind them (`with time zone`).
    """

    name: str
    schema: str | None = None
    modifiers: tuple[str, ...] = ()
    suffix: str = ""
    array: bool = False
    builtin: bool = True

    def __str__(self) -> str:
        """Return the type as SQL."""
        name = self.name if self.builtin else str(QualifiedName(self.name, self.schema))
        modifiers = f"({','.join(self.modifiers)})" if self.modifiers else ""
        return name + modifiers + self.suffix + ("[]" if self.array else "")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint as it is declared, of a column or of the table.

    A name of None is chosen by Postgres. `columns` are those that the constraint names (a CHECK
    names none, its `expression` does). With `using_index`, `columns` are empty: they are the
    index's. `keys` are those of an exclusion constraint. `on_delete` and `on_update` are in lower
    case (`"set null"`), empty where nothing is written; one that `sets_some` names columns there.
    `full` is MATCH FULL, `deferred` INITIALLY DEFERRED.
    """

    kind: ConstraintKind
    name: str | None = None
    columns: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    expression: str | None = None
    references: QualifiedName | None = None
    referenced_columns: tuple[str, ...] = ()
    using_index: str | None = None
    keys: tuple[IndexKey, ...] = ()
    method: str = "btree"
    where: str | None = None
    nulls_not_distinct: bool = False
    not_valid: bool = False
    no_inherit: bool = False
    deferrable: bool = False
    deferred: bool = False
    enforced: bool = True
    on_delete: str = ""
    on_update: str = ""
    sets_some: bool = False
    full: bool = False
    tablespace: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column as it is declared; `serial` types come as the integer they stand for.

    `default` is the expression of a default or, where `generated` is set, the generating one.
    """

    name: str
    type: DataType
    not_null: bool = False
    default: str | None = None
    serial: bool = False
    identity: bool = False
    generated: Literal["stored", "virtual"] | None = None
    collation: str | None = None
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Like:
    """LIKE source INCLUDING … in CREATE TABLE; `including` holds the options, ALL spelled out."""

    source: QualifiedName
    including: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """CREATE TABLE in every form but AS.

    `constraints` are the table's own, then those that stood with a column stay with the column.
    `partition_by` is the strategy of a partitioned table, `partition_key` what stands in its
    parentheses, `partition_of` the parent of a partition,
    which `is_default` where it takes all rows that no other does.
    """

    table: QualifiedName
    columns: tuple[ColumnDefinition, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    likes: tuple[Like, ...] = ()
    inherits: tuple[QualifiedName, ...] = ()
    partition_by: str | None = None
    partition_of: QualifiedName | None = None
    is_default: bool = False
    temporary: bool = False
    unlogged: bool = False
    foreign: bool = False
    if_not_exists: bool = False
    tablespace: str | None = None
    of_type: QualifiedName | None = None
    partition_key: str = ""


@dataclass(frozen=True, slots=True)
class CreateTableAs(Statement):
    """CREATE TABLE … AS or SELECT … INTO; the columns are those of a query that is not read."""

    table: QualifiedName
    temporary: bool = False
    if_not_exists: bool = False
    unlogged: bool = False


@dataclass(frozen=True, slots=True)
class DropTable(Statement):
    """DROP TABLE or DROP FOREIGN TABLE."""

    tables: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class RenameTable(Statement):
    """ALTER TABLE … RENAME TO, of a table, view or materialized view."""

    table: QualifiedName
    new_name: str


@dataclass(frozen=True, slots=True)
class SetTableSchema(Statement):
    """ALTER TABLE … SET SCHEMA; indexes and constraints move along."""

    table: QualifiedName
    schema: str
