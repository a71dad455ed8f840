"""What the schema consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.reader.expression import mentioned
from outofband_lint.source import Source
from outofband_lint.statement import ConstraintKind, DataType, IndexKey

DEFAULT_SCHEMA = "public"
TEMPORARY_SCHEMA = "pg_temp"

TableKind = Literal["table", "partitioned", "foreign", "materialized_view"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `local` is False where it is only there because a parent has it.

    `default` is the expression of a default or, where `generated` is set, that which generates the
    value. `revision` is what added the column. `collation` is None for the type's own.
    """

    name: str
    type: DataType
    not_null: bool = False
    local: bool = True
    default: str | None = None
    generated: Literal["stored", "virtual"] | None = None
    identity: bool = False
    revision: str = ""
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index, in the schema of its table.

    `constraint` names the constraint that owns it, `parent` the index of the partitioned table that
    it is attached to. `valid` is what indisvalid would say. `attributes` are the names that the
    keys and included columns had when the index was created; they never change, and clones are
    named after them. `out_of_band` marks one that a runbook builds, and that may not exist yet.
    """

    name: str
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...] = ()
    method: str = "btree"
    unique: bool = False
    where: str | None = None
    nulls_not_distinct: bool = False
    valid: bool = True
    constraint: str | None = None
    parent: str | None = None
    attributes: tuple[str, ...] = ()
    out_of_band: bool = False
    revision: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """All that the definition mentions by a name that may be a column."""
        named = {key.column for key in self.keys if key.column is not None}
        texts = [key.expression for key in self.keys if key.expression is not None]
        if self.where is not None:
            texts.append(self.where)
        return frozenset(named).union(self.include, *map(mentioned, texts))

    def covers(self, other: Index) -> bool:
        """Tell whether ATTACH takes the one for the other: direction and NULLS order do not count.

        Source: PostgreSQL 18, CompareIndexInfo (src/backend/catalog/index.c).
        """
        return (
            [key.undirected() for key in self.keys] == [key.undirected() for key in other.keys]
            and self.include == other.include
            and self.method == other.method
            and self.unique == other.unique
            and self.where == other.where
            and self.nulls_not_distinct == other.nulls_not_distinct
        )


@dataclass(frozen=True, slots=True)
class TableConstraint:
    """A constraint of a table; `parent` names the constraint that it is inherited from.

    `on_delete` is what a foreign key does when the row it points to goes (`"cascade"`), empty for
    its default. `revision` is what added the constraint, `out_of_band` where that was a step.
    """

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...] = ()
    validated: bool = True
    expression: str | None = None
    references: QualifiedName | None = None
    referenced_columns: tuple[str, ...] = ()
    no_inherit: bool = False
    parent: str | None = None
    on_delete: str = ""
    revision: str = ""
    out_of_band: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """A type that the chain created; `labels` are those of an enum, in order, `revision` made it.

    `added` are the labels that a later statement added, each with its revision. Of a domain, `base`
    is what it is based on, `default` its default, and `constrained` says that it has, or once had,
    a CHECK or NOT NULL.
    """

    name: QualifiedName
    kind: Literal["enum", "composite", "range", "base", "domain"]
    labels: tuple[str, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    revision: str = ""
    base: DataType | None = None
    default: str | None = None
    constrained: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or a materialized view; its name always has a schema.

    A partition that takes all rows that no other does `is_default`.
    `columns_known` is False where they are those of a query. `partition_key` is what a partitioned
    table is divided by, as it was declared. `revision` and `source` are what
    created it, `created_as` is the name that it had then. `like` are the tables that it was
    declared to copy. `origin` is the table that it was made from or whose name it took over, with
    the indexes that this one had then, `lost` unless they were made again.
    """

    name: QualifiedName
    kind: TableKind = "table"
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    constraints: tuple[TableConstraint, ...] = ()
    partition_of: QualifiedName | None = None
    is_default: bool = False
    inherits: tuple[QualifiedName, ...] = ()
    columns_known: bool = True
    unlogged: bool = False
    like: tuple[QualifiedName, ...] = ()
    partition_key: str = ""
    origin: QualifiedName | None = None
    lost: tuple[Index, ...] = ()
    created_as: QualifiedName | None = None
    revision: str = ""
    source: Source | None = None

    @property
    def temporary(self) -> bool:
        """Whether the table ends with its session."""
        return self.name.schema == TEMPORARY_SCHEMA

    def column(self, name: str) -> Column | None:
        """Return the column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def index(self, name: str) -> Index | None:
        """Return the index of that name."""
        return next((index for index in self.indexes if index.name == name), None)

    def constraint(self, name: str) -> TableConstraint | None:
        """Return the constraint of that name."""
        return next(
            (constraint for constraint in self.constraints if constraint.name == name), None
        )
