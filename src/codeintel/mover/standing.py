"""How a dump stands before it is touched: its rows, its tombstone, the record of its file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from codeintel.mover.queries import query
from codeintel.store.errors import StoreNotMigrated
from codeintel.store.locks import lock_dump


@dataclass(frozen=True, slots=True)
class Record:
    """The file whose rows were committed; ``path``, below the root, is where it is kept."""

    path: Path
    size: int
    sha256: bytes

    def is_of(self, path: Path) -> bool:
        """Answer whether a file has the content that was copied."""
        try:
            return path.stat().st_size == self.size and sha256(path) == self.sha256
        except FileNotFoundError:
            return False


@dataclass(frozen=True, slots=True)
class Standing:
    """A dump as Postgres knows it; ``mode`` is where writers write."""

    has_rows: bool
    is_buried: bool
    mode: str
    record: Record | None


def locked(connection: psycopg.Connection[Any], dump_id: int) -> Standing:
    """Wait until nobody else changes a dump, and return how it stands until the transaction ends.

    Raises StoreNotMigrated before revision 0006.
    """
    with psycopg.RawCursor(connection) as cursor:
        lock_dump(cursor, dump_id)
        try:
            row = cursor.execute(query("standing"), [dump_id]).fetchone()
        except psycopg.errors.UndefinedTable:
            raise StoreNotMigrated("it has no table of moved bundles") from None
        assert row is not None
        has_rows, is_buried, mode, path, size, digest = row
        record = Record(Path(path), size, digest) if path else None
        return Standing(has_rows, is_buried, mode, record)


def sha256(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
