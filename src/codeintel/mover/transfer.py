"""The rows of a bundle into Postgres, by binary COPY, tallied on the way.

The server is the judge of what it can hold (NUL bytes, invalid UTF-8, keys too long for an index,
keys that are there twice). As long as it takes everything, a table is one COPY. Where it refuses,
the table is copied again in pieces that are halved until the rows it refuses stand alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import psycopg
from psycopg.copy import LibpqWriter

from codeintel.mover.checksum import Checksum, Tally
from codeintel.mover.compare import Tallies
from codeintel.mover.packets import BEGIN, END, Ahead, Packet, packed, statement
from codeintel.mover.source import Bundle
from codeintel.mover.tables import TABLES, Batch, Table
from outofband.backfill import Damaged, Quarantined

_Cursor = psycopg.Cursor[Any]

#: Of the SQLSTATEs, those classes that say that it is the row (PostgreSQL 18, appendix A).
_OF_THE_ROW: Final = ("22", "23", "54")

_MOST_LEFT_OUT: Final = 1_000
"""A bundle of which more rows are left out than this is not one that has some bad rows."""

_SHOWN: Final = 100

#: The bytes that may wait in this process for a server that is slower.
_UNSENT: Final = 1 << 20


class Transfer:
    """The rows of one bundle on their way to be the rows of one dump; ``left_out`` are not."""

    def __init__(self, cursor: _Cursor, dump_id: int, bundle: Bundle, checksum: Checksum) -> None:
        self._cursor = cursor
        self._dump_id = dump_id
        self._bundle = bundle
        self._checksum = checksum
        self._counts: dict[Table, int] = {}
        self.left_out: list[Quarantined] = []

    def copy(self, then: Callable[[], None]) -> Tallies:
        """Copy the rows that can be copied; return the tallies of what was sent.

        ``then`` is called when all is read, which is well before all is sent. Raises Damaged, or
        what psycopg raises where it is not the rows' fault.
        """
        ahead = Ahead(self._read(then))
        return {table: self._copy(table, ahead) for table in TABLES}

    def _read(self, then: Callable[[], None]) -> Iterator[Packet]:
        for table in TABLES:
            for batch in self._bundle.batches(table):
                yield self._packet(table, batch)
            self._counts[table] = self._bundle.count(table)
        then()

    def _packet(self, table: Table, batch: Batch) -> Packet:
        return Packet(table, packed(table, self._dump_id, batch), self._checksum.tally(batch))

    def _copy(self, table: Table, ahead: Ahead) -> Tally:
        before = len(self.left_out)
        try:
            with self._cursor.connection.transaction():
                tally = self._send(table, ahead.of(table), ahead.read)
        except psycopg.Error as error:
            if not _is_of_the_row(error):
                raise
            self._bundle.check()  # a damaged file is told as that, not as rows
            deque(ahead.of(table), maxlen=0)
            tally = Tally.total(self._halved(table, batch) for batch in self._bundle.batches(table))
        seen = tally.rows + len(self.left_out) - before
        if self._counts[table] != seen:
            self._leave_out_wrong(table, seen)
        return tally

    def _send(
        self, table: Table, packets: Iterable[Packet], meanwhile: Callable[[], bool] = lambda: False
    ) -> Tally:
        tallies = []
        writer = LibpqWriter(self._cursor, flush_threshold=_UNSENT)
        with self._cursor.copy(statement(table), writer=writer) as copy:
            copy.write(BEGIN)
            for packet in packets:
                copy.write(packet.rows)
                tallies.append(packet.tally)
                self._use_the_time(meanwhile)
            copy.write(END)
            self._use_the_time(meanwhile)
        return Tally.total(tallies)

    def _use_the_time(self, meanwhile: Callable[[], bool]) -> None:
        """Do something else until the server has taken what was sent, or there is nothing to do."""
        while self._cursor.connection.pgconn.flush() and meanwhile():
            pass

    def _halved(self, table: Table, batch: Batch) -> Tally:
        try:
            with self._cursor.connection.transaction():
                return self._send(table, [self._packet(table, batch)])
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
        wrong = self._bundle.wrong_rows(table, _MOST_LEFT_OUT + 1)
        if len(wrong) > _MOST_LEFT_OUT:
            raise _most_is_wrong()
        if self._counts[table] != seen + len(wrong):
            raise Damaged(f"{table.source} has other rows than its index: the file is damaged")
        for rowid, reason in wrong:
            self._leave_out(table, f"rowid {rowid}", reason)

    def _leave_out(self, table: Table, row: str, reason: str) -> None:
        if len(self.left_out) == _MOST_LEFT_OUT:
            raise _most_is_wrong()
        key = f"{table.source} {row}"
        before = sum(one.key.startswith(key) for one in self.left_out)
        self.left_out.append(Quarantined(f"{key} ({before + 1})" if before else key, reason))


def _most_is_wrong() -> Damaged:
    return Damaged(f"more than {_MOST_LEFT_OUT:,} rows of it cannot be moved")


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
