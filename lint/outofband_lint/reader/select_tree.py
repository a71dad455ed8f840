"""What a query reads, as values: its relations, and what it filters them by.

Columns are as they are written; which table an unqualified one belongs to needs the schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName

How = Literal["equal", "range", "prefix", "search", "null", "not_null", "other"]
"""How a condition compares: `=` or IN, an order, LIKE, an operator that only other access methods
than btree know (`@>`, `~`), IS NULL, IS NOT NULL, and what no index can look up (`<>`)."""


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A column as a query writes it; `relation` is the alias before the dot."""

    name: str
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison: a column, or an expression over `columns`.

    `text` is its spelling without the relations' names, as `normal` writes it, so that it can be
    compared with what an index is on. `literal` tells a constant that stands in the query itself.
    """

    text: str
    column: ColumnName | None = None
    columns: frozenset[ColumnName] = frozenset()
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of `left` with `right`; None where the right side is a list, or nothing.

    `values` are the constants of an equality, empty where a parameter decides. `against` are all
    columns of the right side, however deep.
    """

    how: How
    left: Operand
    right: Operand | None = None
    values: tuple[str, ...] = ()
    against: frozenset[ColumnName] = frozenset()
    text: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by AND; none of them is always true."""

    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """Conditions joined by OR."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """EXISTS (query): true for the rows that the query's own conditions relate to one of its."""

    scopes: tuple[Scope, ...]


Condition = Compare | All | Either | Exists


@dataclass(frozen=True, slots=True)
class Relation:
    """What FROM names: a table, or with `table` None the rows of `scopes` or of a function.

    `fixed` says that no condition reaches into the scopes (a LIMIT, a CTE that is used twice).
    """

    alias: str
    table: QualifiedName | None = None
    scopes: tuple[Scope, ...] = ()
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One SELECT, UPDATE, DELETE or MERGE: what it reads, filters by and orders by.

    `outputs` are the plain columns that it gives, by the name outside, None for expressions;
    `star` says that it gives all columns. `inner` are the queries inside its expressions.
    """

    relations: tuple[Relation, ...] = ()
    condition: Condition = All()
    order: tuple[Operand, ...] = ()
    limited: bool = False
    outputs: tuple[tuple[str, ColumnName | None], ...] = ()
    star: bool = False
    inner: tuple[Scope, ...] = ()


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that must all hold."""
    if isinstance(condition, All):
        for part in condition.conditions:
            yield from conjuncts(part)
    else:
        yield condition
