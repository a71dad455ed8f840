"""The project's relations as a session sees them, and what changed from one look to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from importlib import resources
from typing import Any

from outofband_lint.locks import LockMode, stronger
from outofband_lint.names import QualifiedName

Rows = Callable[[str], Sequence[tuple[Any, ...]]]
Relations = Mapping[int, "Relation"]
"""Relations by oid."""

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


@dataclass(frozen=True, slots=True)
class Look:
    """What a session holds locked, and how that is now, in a ``transaction`` that has this name.

    Of ``locks``, by oid too, those without a relation are on what the transaction has dropped.
    """

    transaction: str
    relations: Relations
    locks: Mapping[int, LockMode]


def every(rows: Rows) -> dict[int, Relation]:
    """Return all relations of the project."""
    return {row[0]: _relation(row) for row in rows(query("relations"))}


def transaction(rows: Rows) -> tuple[int, str]:
    """Return the session's process and the name of the transaction that it is in."""
    ((pid, name),) = rows(query("transaction"))
    return pid, name


def locked(rows: Rows) -> Look:
    """Return what the session has locked."""
    found = rows(query("locked"))
    some = [row[1:] for row in found if row[1] is not None]
    locks = {row[0]: strongest(row[8]) for row in some}
    there = {row[0]: _relation(row) for row in some if row[2] is not None}
    return Look(str(found[0][0]), there, locks)


@cache
def query(name: str) -> str:
    """Return the text of ``sql/NAME.sql``."""
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _relation(row: Sequence[Any]) -> Relation:
    _, schema, name, kind, file, scans, valid, table = row[:8]
    kind = kind.decode() if isinstance(kind, bytes) else kind  # asyncpg's "char"
    return Relation(QualifiedName(name, schema), kind, file, scans or 0, valid, table)


def strongest(modes: str) -> LockMode:
    """Return the strongest of modes as pg_locks spells them, a blank between two."""
    return reduce(stronger, (_MODES[mode] for mode in modes.split(" ")))
