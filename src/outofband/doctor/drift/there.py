"""What the database has, to be compared with what the applied revisions say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from outofband.catalog.facts import Observation, TableFacts
from outofband.catalog.reader import Row
from outofband.model.names import QualifiedName
from outofband_lint.schema import TableConstraint


@dataclass(frozen=True, slots=True)
class Kept:
    """A column as the catalog has it: its ``type`` as SQL, and the bare name of it; the
    ``default`` as PostgreSQL spells it, None where there is none.
    """

    type: str
    type_name: str
    builtin: bool
    not_null: bool
    default: str | None = None
    generated: bool = False


class Pair(NamedTuple):
    """An expression of a table as it is declared, and as the catalog spells it."""

    table: QualifiedName
    declared: str
    stored: str


@dataclass(frozen=True, slots=True)
class There:
    """What the database has; ``hidden`` are tables that are there and were not looked at,
    ``unlike`` the expressions that PostgreSQL prints otherwise than those declared.
    """

    seen: Observation
    tables: Mapping[QualifiedName, TableFacts]
    columns: Mapping[QualifiedName, Mapping[str, Kept]]
    constraints: Mapping[QualifiedName, Sequence[TableConstraint]]
    hidden: Set[QualifiedName] = frozenset()
    unlike: Set[Pair] = frozenset()


def kept(rows: Iterable[Row]) -> dict[QualifiedName, dict[str, Kept]]:
    """Return the columns of each table, of the rows of ``queries/columns.sql``."""
    found: dict[QualifiedName, dict[str, Kept]] = {}
    for row in rows:
        told = (row["default"], row["generated"])
        column = Kept(row["type"], row["type_name"], row["builtin"], row["not_null"], *told)
        found.setdefault(QualifiedName(row["table"], row["schema"]), {})[row["name"]] = column
    return found
