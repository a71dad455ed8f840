"""A checksum of a table's rows that does not depend on their order, computed on both sides.

Each row is hashed, key and blob together, and the hashes are added up: rows that are missing,
doubled, cut or joined to another's blob change the sum. Keys are closed by a NUL, which no text in
PostgreSQL has, so that no two rows are hashed as the same bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from codeintel.mover.tables import Column, Table

#: PostgreSQL 18 release notes: crc32() and crc32c().
_HAS_CRC32C: Final = 180000

_pack = struct.Struct(">i").pack
_Hash = Callable[[bytes, bytes], int]


class Tally(NamedTuple):
    """How many rows, and the sum of their hashes."""

    rows: int = 0
    checksum: int = 0

    @staticmethod
    def total(tallies: Iterable[Tally]) -> Tally:
        """Return the tally of all their rows."""
        rows, checksum = 0, 0
        for tally in tallies:
            rows += tally.rows
            checksum += tally.checksum
        return Tally(rows, checksum)


@dataclass(frozen=True, slots=True)
class Checksum:
    """One way to hash a row: here by ``hash(key, blob)``, there by the SQL in ``template``."""

    hash: _Hash
    template: str

    def tally(self, table: Table, rows: Sequence[Sequence[Any]]) -> Tally:
        """Return the tally of rows as they go to Postgres: dump id, key, blob, and the rest."""
        if not rows:
            return Tally()
        columns = list(zip(*rows, strict=True))
        width = len(table.key)
        keys = _keys(table.key, columns[1 : 1 + width])
        return Tally(len(rows), sum(map(self.hash, keys, columns[1 + width])))

    def query(self, table: Table) -> str:
        """Return the statement that tallies the rows of dump ``$1``."""
        row = " || ".join(_sent(column) for column in table.columns)
        return (
            f"SELECT count(*), coalesce(sum({self.template.format(row=row)}), 0)"
            f" FROM {table.name} WHERE dump_id = $1"
        )


def _keys(key: Sequence[Column], columns: Sequence[Sequence[Any]]) -> Iterable[bytes]:
    if key[0].type == "integer":
        return map(_pack, columns[0])
    closed = [b""] * len(columns[0])
    return map(b"\0".join, zip(*columns, closed, strict=True))


def _sent(column: Column) -> str:
    if column.type == "blob":
        return column.name
    if column.type == "integer":
        return f"int4send({column.name})"
    return rf"textsend({column.name}) || '\x00'::bytea"


def checksum_for(server_version: int) -> Checksum:
    """Return the quickest way that a server of this version has as well.

    Measured on 260,000 rows, 77 MB: crc32c costs the server a tenth of the copy, md5 nearly as much
    as the copy itself.
    """
    if server_version >= _HAS_CRC32C:
        from google_crc32c import extend, value

        return Checksum(lambda key, blob: extend(value(key), blob), "crc32c({row})")
    return Checksum(_md5, "('x' || left(md5({row}), 16))::bit(64)::bigint")


def _md5(key: bytes, blob: bytes) -> int:
    digest = hashlib.md5(key + blob, usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
