"""Rows as binary COPY has them, in packets, some of them ready before the server wants them.

The tables of a bundle keep the two sides busy in turns: blobs of documents take the server long and
us hardly anything, the many small rows of definitions and references the other way round. So rows
are read on while the server is at those before.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from psycopg import sql

from codeintel.mover.checksum import Tally
from codeintel.mover.tables import Batch, Table, int4

#: PostgreSQL 18, COPY, binary format: what comes before the rows, and after them.
BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + int4(0) + int4(0)
END: Final = b"\xff\xff"

#: The bytes that may be ready in this process.
_READY: Final = 32 << 20


class Packet(NamedTuple):
    """Some rows of a table, and their tally."""

    table: Table
    rows: bytes
    tally: Tally


class Ahead:
    """Packets in the order of their tables, of which some are held."""

    def __init__(self, packets: Iterator[Packet]) -> None:
        self._packets = packets
        self._held: deque[Packet] = deque()
        self._bytes = 0

    def read(self) -> bool:
        """Hold one more; False where enough are held, or there are no more."""
        if self._bytes >= _READY:
            return False
        packet = next(self._packets, None)
        if packet is None:
            return False
        self._held.append(packet)
        self._bytes += len(packet.rows)
        return True

    def of(self, table: Table) -> Iterator[Packet]:
        """Yield the packets of a table, which is the next one; may be taken up again."""
        while (self._held or self.read()) and self._held[0].table is table:
            packet = self._held.popleft()
            self._bytes -= len(packet.rows)
            yield packet


def statement(table: Table) -> sql.Composed:
    """Return the statement that packets of a table follow."""
    columns = ["dump_id", *(column.name for column in table.columns), *table.extra]
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def packed(table: Table, dump_id: int, batch: Batch) -> bytes:
    """Return rows as binary COPY has them.

    psycopg's write_row calls a function in Python for each bytea (3.3, dbapi20.py): that takes
    twenty times as long as this, 2 s for a bundle of 260,000 rows.
    """
    rows = len(batch[0])
    width = 1 + len(batch) + len(table.extra)
    head = struct.pack(">h", width) + _field(int4(dump_id))
    tail = b"".join(_field(int4(value)) for value in table.extra.values())
    columns: list[Sequence[bytes]] = [[head] * rows]
    for column in batch:
        columns += [[*map(int4, map(len, column))], column]
    columns.append([tail] * rows)
    parts = [b""] * (rows * len(columns))
    for place, column in enumerate(columns):
        parts[place :: len(columns)] = column
    return b"".join(parts)


def _field(value: bytes) -> bytes:
    return int4(len(value)) + value
