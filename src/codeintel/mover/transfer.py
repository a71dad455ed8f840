"""The rows of one table into Postgres, by binary COPY, tallied on the way.

The server is the judge of what it can hold (NUL bytes, invalid UTF-8, keys too long for an index,
keys that are there twice). As long as it takes everything, a table is one COPY. Where it refuses,
the table is copied again in pieces that are halved until the rows it refuses stand alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.copy import LibpqWriter

from codeintel.mover.checksum import Checksum, Tally
from codeintel.mover.source import Bundle
from codeintel.mover.tables import Batch, Table, int4
from outofband.backfill import Damaged, Quarantined

_Cursor = psycopg.Cursor[Any]

#: Of the SQLSTATEs, those classes that say that it is the row (PostgreSQL 18, appendix A).
_OF_THE_ROW: Final = ("22", "23", "54")

_MOST_LEFT_OUT: Final = 1_000
"""A bundle of which more rows are left out than this is not one that has some bad rows."""

_SHOWN: Final = 100

#: The bytes that may wait in this process for a server that is slower.
_UNSENT: Final = 1 << 20

#: PostgreSQL 18, COPY, binary format: what comes before the rows, and after them.
_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + int4(0) + int4(0)
_END: Final = b"\xff\xff"


class Transfer:
    """The rows of one bundle on their way to be the rows of one dump; ``left_out`` are not."""

    def __init__(self, cursor: _Cursor, dump_id: int, bundle: Bundle, checksum: Checksum) -> None:
        self._cursor = cursor
        self._dump_id = dump_id
        self._bundle = bundle
        self._checksum = checksum
        self.left_out: list[Quarantined] = []

    def copy(self, table: Table) -> Tally:
        """Copy the rows of a table that can be copied; return the tally of what was sent.

        Raises Damaged, or what psycopg raises where it is not the rows' fault.
        """
        before = len(self.left_out)
        try:
            with self._cursor.connection.transaction():
                tally = self._send(table, self._bundle.batches(table))
        except psycopg.Error as error:
            if not _is_of_the_row(error):
                raise
            tally = Tally.total(self._halved(table, batch) for batch in self._bundle.batches(table))
        refused = len(self.left_out) - before
        if self._bundle.count(table) != tally.rows + refused:
            self._leave_out_wrong(table, tally.rows + refused)
        return tally

    def _send(self, table: Table, batches: Iterable[Batch]) -> Tally:
        tallies = []
        writer = LibpqWriter(self._cursor, flush_threshold=_UNSENT)
        with self._cursor.copy(_statement(table), writer=writer) as copy:
            copy.write(_BEGIN)
            for batch in batches:
                copy.write(_packed(table, self._dump_id, batch))
                # What the socket takes goes at once, so that the server works while we read on.
                self._cursor.connection.pgconn.flush()
                tallies.append(self._checksum.tally(batch))
            copy.write(_END)
        return Tally.total(tallies)

    def _halved(self, table: Table, batch: Batch) -> Tally:
        try:
            with self._cursor.connection.transaction():
                return self._send(table, [batch])
        except psycopg.Error as error:
            if not _is_of_the_row(error):
                raise
            rows = len(batch[0])
            if rows == 1:
                self._leave_out(table, _shown(table, batch), _reason(error))
                return Tally()
        middle = rows // 2
        halves = ([column[:middle] for column in batch], [column[middle:] for column in batch])
        return Tally.total(self._halved(table, half) for half in halves)

    def _leave_out_wrong(self, table: Table, seen: int) -> None:
        wrong = self._bundle.wrong_rows(table)
        if self._bundle.count(table) != seen + len(wrong):
            raise Damaged(f"{table.source} has other rows than its index: the file is damaged")
        for rowid, reason in wrong:
            self._leave_out(table, f"rowid {rowid}", reason)

    def _leave_out(self, table: Table, row: str, reason: str) -> None:
        if len(self.left_out) == _MOST_LEFT_OUT:
            raise Damaged(f"more than {_MOST_LEFT_OUT:,} rows of it cannot be moved")
        key = f"{table.source} {row}"
        before = sum(one.key.startswith(key) for one in self.left_out)
        self.left_out.append(Quarantined(f"{key} ({before + 1})" if before else key, reason))


def _statement(table: Table) -> sql.Composed:
    columns = ["dump_id", *(column.name for column in table.columns), *table.extra]
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def _packed(table: Table, dump_id: int, batch: Batch) -> bytes:
    """Return rows as binary COPY has them.

    psycopg's write_row calls a function in Python for each bytea (3.3, dbapi20.py): that takes ten
    times as long as this, 2 s of the 3 that a bundle of 260,000 rows took.
    """
    width = 1 + len(batch) + len(table.extra)
    parts: list[Iterable[bytes]] = [repeat(struct.pack(">h", width) + _field(int4(dump_id)))]
    for column in batch:
        parts += [map(int4, map(len, column)), column]
    parts.append(repeat(b"".join(_field(int4(value)) for value in table.extra.values())))
    return b"".join(chain.from_iterable(zip(*parts, strict=False)))


def _field(value: bytes) -> bytes:
    return int4(len(value)) + value


def _is_of_the_row(error: psycopg.Error) -> bool:
    return (error.sqlstate or "")[:2] in _OF_THE_ROW


def _reason(error: psycopg.Error) -> str:
    # Of the message only what the server says first: its detail quotes the row.
    return f"{error.sqlstate}: {error.diag.message_primary}"


def _shown(table: Table, batch: Batch) -> str:
    """Return the key of the one row of a batch, as far as it can be printed."""
    key = [
        str(int.from_bytes(value, signed=True))
        if column.type == "integer"
        else ascii(value.decode(errors="replace"))
        for column, (value,) in zip(table.key, batch, strict=False)
    ]
    return " ".join(key)[:_SHOWN]
