"""The project's relations, as the catalog has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from importlib import resources
from typing import Any

from outofband_lint.locks import LockMode, stronger
from outofband_lint.names import QualifiedName

Rows = Callable[[str], Sequence[tuple[Any, ...]]]
_MODES = {mode.catalog_name: mode for mode in LockMode}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a materialized view or an index.

    ``file`` is its relfilenode, None where it has no storage; ``scans`` counts how often the open
    transaction has read it in full (a table) or has used it (an index). ``table`` is the oid of an
    index's table.
    """

    name: QualifiedName
    kind: str
    file: int | None
    scans: int
    valid: bool
    table: int | None

    @property
    def is_index(self) -> bool:
        """Whether it is an index."""
        return self.table is not None


def every(rows: Rows) -> dict[int, Relation]:
    """Return all relations of the project."""
    return {row[0]: of_row(row) for row in rows(query("relations"))}


@cache
def query(name: str) -> str:
    """Return the text of ``sql/NAME.sql``."""
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def of_row(row: Sequence[Any]) -> Relation:
    """Return the relation of a row of ``sql/relations.sql``."""
    _, schema, name, kind, file, scans, valid, table = row[:8]
    kind = kind.decode() if isinstance(kind, bytes) else kind  # asyncpg's "char"
    return Relation(QualifiedName(name, schema), kind, file, scans or 0, valid, table)


@cache
def strongest(modes: str) -> LockMode:
    """Return the strongest of modes as pg_locks spells them, a blank between two."""
    return reduce(stronger, (_MODES[mode] for mode in modes.split(" ")))
