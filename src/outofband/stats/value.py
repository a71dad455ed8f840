"""The stats file as a value. Its members are called what PostgreSQL 18 calls them in pg_class,
pg_stats, pg_stat_all_tables and pg_stat_statements.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

from outofband.model.names import QualifiedName

PAGE = 8192
"""Bytes of a page: BLCKSZ, which nobody is known to change."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a materialized view or, as the sum over its leaves, a partitioned table.

    ``pages``, ``tuples`` and ``all_visible`` are those of its last VACUUM or ANALYZE (``tuples`` is
    -1 where there was none); ``heap_bytes`` is its main fork now and ``bytes`` that with TOAST,
    without indexes. ``analyzed`` is the month of the last ANALYZE, None where there was none or the
    server has forgotten. ``seq_scan``, ``seq_tup_read`` and ``idx_scan`` count since
    ``Stats.counted_since``. ``partition_of`` is the parent's name as SQL.
    """

    schema: str
    name: str
    pages: int
    tuples: float
    bytes: int
    kind: str = "table"
    heap_bytes: int | None = None
    toast_bytes: int = 0
    all_visible: int = 0
    analyzed: str | None = None
    seq_scan: int = 0
    seq_tup_read: int = 0
    idx_scan: int = 0
    partition_of: str | None = None

    @property
    def qualified(self) -> QualifiedName:
        """The name with its schema."""
        return QualifiedName(self.name, self.schema)

    @property
    def partitioned(self) -> bool:
        """Whether it has no rows of its own."""
        return self.kind == "partitioned table"

    @property
    def heap_pages(self) -> int:
        """The pages that a sequential scan reads."""
        return self.pages if self.heap_bytes is None else -(-self.heap_bytes // PAGE)


@dataclass(frozen=True, slots=True)
class Column:
    """What ANALYZE found of a column; ``inherited``: of the table with all below it.

    ``table`` is the table's name or, for an expression of an index, the index's. From
    ``most_common_vals`` on, it holds values of rows: there only after ``pull --with-values``, as
    PostgreSQL spells arrays.
    """

    schema: str
    table: str
    name: str
    n_distinct: float
    null_frac: float
    avg_width: int
    correlation: float | None = None
    inherited: bool = False
    most_common_vals: str | None = None
    most_common_freqs: tuple[float, ...] | None = None
    histogram_bounds: str | None = None
    most_common_elems: str | None = None
    most_common_elem_freqs: tuple[float, ...] | None = None
    elem_count_histogram: tuple[float, ...] | None = None

    @property
    def relation(self) -> QualifiedName:
        """The table, or the index of the expression."""
        return QualifiedName(self.table, self.schema)

    @property
    def holds_values(self) -> bool:
        """Whether values of rows can be read off it."""
        return any((self.most_common_vals, self.histogram_bounds, self.most_common_elems))

    def without_values(self) -> Column:
        """Return what may be told of it anywhere."""
        return Column(
            self.schema,
            self.table,
            self.name,
            self.n_distinct,
            self.null_frac,
            self.avg_width,
            self.correlation,
            self.inherited,
        )


@dataclass(frozen=True, slots=True)
class Index:
    """An index; one over a partitioned table is the sum of its parts."""

    schema: str
    table: str
    name: str
    definition: str
    pages: int
    tuples: float
    bytes: int
    valid: bool = True
    unique: bool = False
    idx_scan: int = 0
    partition_of: str | None = None

    @property
    def qualified(self) -> QualifiedName:
        """The name with its schema."""
        return QualifiedName(self.name, self.schema)

    @property
    def relation(self) -> QualifiedName:
        """The table."""
        return QualifiedName(self.table, self.schema)


@dataclass(frozen=True, slots=True)
class Query:
    """A statement that production ran, parameters in place of every constant."""

    query: str
    calls: int
    mean_exec_time: float
    """Milliseconds."""

    @property
    def id(self) -> str:
        """Twelve hex digits that stand for its text, on any server."""
        return hashlib.sha256(self.query.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter of the planner that production has changed (pg_settings)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What was asked for and not seen: ``what`` of which relation (``of``, as SQL), and ``why``."""

    what: str
    why: str
    of: str | None = None


@dataclass(frozen=True)
class Stats:
    """Production, as ``pull`` saw it. ``pulled`` and ``counted_since`` are days in UTC."""

    server_version: int | None = None
    pulled: str | None = None
    counted_since: str | None = None
    settings: tuple[Setting, ...] = ()
    missing: tuple[Missing, ...] = ()
    relations: tuple[Relation, ...] = ()
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    queries: tuple[Query, ...] = ()

    @cached_property
    def tables(self) -> dict[QualifiedName, Relation]:
        """The relations by name."""
        return {relation.qualified: relation for relation in self.relations}

    @cached_property
    def columns_of(self) -> dict[QualifiedName, list[Column]]:
        """The columns by relation."""
        found: dict[QualifiedName, list[Column]] = {}
        for column in self.columns:
            found.setdefault(column.relation, []).append(column)
        return found

    @cached_property
    def indexes_of(self) -> dict[QualifiedName, list[Index]]:
        """The indexes by table."""
        found: dict[QualifiedName, list[Index]] = {}
        for index in self.indexes:
            found.setdefault(index.relation, []).append(index)
        return found

    @property
    def holds_values(self) -> bool:
        """Whether values of rows can be read off it."""
        return any(column.holds_values for column in self.columns)

    def without_values(self) -> Stats:
        """Return what it would be without ``--with-values``."""
        return replace(self, columns=tuple(column.without_values() for column in self.columns))
