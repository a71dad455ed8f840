"""What an index is declared to be, and the CREATE INDEX that says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from outofband.model.names import (
    QualifiedName,
    fingerprint,
    partition_name,
    quote,
    temporary_name,
)

ConstraintKind = Literal["primary_key", "unique_constraint"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an index.

    ``text`` is SQL: a quoted column name, or an expression with the parentheses that CREATE INDEX
    wants. ``column`` is the column's bare name when the key is one, else None. ``nulls_first`` None
    means what the direction implies (PostgreSQL 18, CREATE INDEX: last when ascending, first when
    descending).
    """

    text: str
    column: str | None = None
    collation: str | None = None
    operator_class: str | None = None
    descending: bool = False
    nulls_first: bool | None = None

    @classmethod
    def of(cls, column: str) -> Key:
        """Return the plain ascending key of a column."""
        return cls(text=quote(column), column=column)

    @property
    def is_plain(self) -> bool:
        """Whether it is a column with nothing said of it, as the keys of a constraint are."""
        return self.column is not None and self == Key.of(self.column)

    @property
    def puts_nulls_first(self) -> bool:
        """Where NULLs sort, said or implied."""
        return self.descending if self.nulls_first is None else self.nulls_first

    def __str__(self) -> str:
        parts = [self.text]
        if self.collation:
            parts.append(f"COLLATE {self.collation}")
        if self.operator_class:
            parts.append(self.operator_class)
        if self.descending:
            parts.append("DESC")
        if self.nulls_first is not None and self.nulls_first != self.descending:
            parts.append("NULLS FIRST" if self.nulls_first else "NULLS LAST")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Index:
    """An index as declared. It lives in its table's schema.

    ``where`` and the keys' texts are SQL as the revision wrote it; ``collation`` and
    ``operator_class`` are SQL names; ``options`` are the storage parameters of WITH.
    """

    name: str
    table: QualifiedName
    keys: tuple[Key, ...]
    include: tuple[str, ...] = ()
    method: str = "btree"
    unique: bool = False
    nulls_not_distinct: bool = False
    where: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    tablespace: str | None = None

    @property
    def qualified_name(self) -> QualifiedName:
        """The index's name in its table's schema."""
        return self.table.renamed(self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column named plainly, keys first; what an expression uses is not in it."""
        return tuple(k.column for k in self.keys if k.column is not None) + self.include

    @property
    def has_expressions(self) -> bool:
        """Whether a key is an expression, which has no statistics until the next ANALYZE."""
        return any(key.column is None for key in self.keys)

    @property
    def _body(self) -> str:
        method = "" if self.method == "btree" else f"USING {quote(self.method)} "
        parts = [f"{method}({', '.join(map(str, self.keys))})", *self._include]
        if self.nulls_not_distinct:
            parts.append("NULLS NOT DISTINCT")
        parts += self._with
        if self.tablespace:
            parts.append(f"TABLESPACE {quote(self.tablespace)}")
        if self.where:
            parts.append(f"WHERE {self.where}")
        return " ".join(parts)

    @property
    def _include(self) -> list[str]:
        return [f"INCLUDE ({', '.join(map(quote, self.include))})"] if self.include else []

    @property
    def _with(self) -> list[str]:
        told = ", ".join(f"{name} = {value}" for name, value in self.options)
        return [f"WITH ({told})"] if told else []

    def constrain(self, kind: ConstraintKind, *, name: str, only: bool = False) -> str:
        """Return the ALTER TABLE that makes a constraint, and its index with it, under ``name``;
        ``only`` leaves partitions out, which an index ``USING INDEX`` cannot (PostgreSQL 18, ALTER
        TABLE).
        """
        what = "PRIMARY KEY" if kind == "primary_key" else "UNIQUE"
        parts = [f"{what} NULLS NOT DISTINCT" if self.nulls_not_distinct else what]
        parts += [f"({', '.join(map(str, self.keys))})", *self._include, *self._with]
        if self.tablespace:
            parts.append(f"USING INDEX TABLESPACE {quote(self.tablespace)}")
        table = f"ONLY {self.table}" if only else f"{self.table}"
        return f"ALTER TABLE {table} ADD CONSTRAINT {quote(name)} {' '.join(parts)}"

    @property
    def definition(self) -> str:
        """Everything but the index's and the table's name."""
        return f"UNIQUE {self._body}" if self.unique else self._body

    @property
    def fingerprint(self) -> str:
        """What marks sessions and temporary names of this build. Wants the resolved schema to be
        stable.
        """
        return fingerprint(self.qualified_name, self.definition)

    @property
    def temporary_name(self) -> str:
        """The name this index is built under until it is valid."""
        return temporary_name(self.qualified_name, self.definition)

    @property
    def temporary(self) -> QualifiedName:
        """The temporary name in the table's schema."""
        return self.qualified_name.renamed(self.temporary_name)

    def part(self, partition: QualifiedName) -> Index:
        """Return the index that a partition of the table has as its part of this one."""
        name = partition_name(partition, self.name, self.definition)
        return replace(self, name=name, table=partition)

    def create(
        self, *, name: str | None = None, concurrently: bool = False, only: bool = False
    ) -> str:
        """Return the CREATE INDEX, under ``name`` where given; ``only`` leaves partitions out."""
        unique = "UNIQUE " if self.unique else ""
        how = "CONCURRENTLY " if concurrently else ""
        table = f"ONLY {self.table}" if only else f"{self.table}"
        return f"CREATE {unique}INDEX {how}{quote(name or self.name)} ON {table} {self._body}"
