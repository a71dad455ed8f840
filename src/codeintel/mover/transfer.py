"""The rows of one table into Postgres, by binary COPY, tallied on the way.

The server is the judge of what it can hold (NUL bytes, invalid UTF-8, keys too long for an index,
keys that are there twice). As long as it takes everything, a table is one COPY. Where it refuses,
the table is copied again in pieces that are halved until the rows it refuses stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

from codeintel.mover.checksum import Checksum, Tally
from codeintel.mover.source import Bundle
from codeintel.mover.tables import Table
from outofband.backfill import Damaged, Quarantined

_Cursor = psycopg.Cursor[Any]
_Rows = Sequence[tuple[Any, ...]]

#: Of the SQLSTATEs, those classes that say that it is the row (PostgreSQL 18, appendix A).
_OF_THE_ROW: Final = ("22", "23", "54")

_MOST_LEFT_OUT: Final = 1_000
"""A bundle of which more rows are left out than this is not one that has some bad rows."""

#: Text goes as the bytes that are in the file: the server checks them, and no one decodes them.
_SENT_AS: Final = {"text": "bytea", "blob": "bytea", "integer": "int4"}


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
                tally = self._send(table, self._batches(table))
        except psycopg.Error as error:
            if not _is_of_the_row(error):
                raise
            tally = Tally.total(self._halved(table, batch) for batch in self._batches(table))
        refused = len(self.left_out) - before
        if self._bundle.count(table) != tally.rows + refused:
            self._leave_out_wrong(table, tally.rows + refused)
        return tally

    def _batches(self, table: Table) -> Iterable[_Rows]:
        return self._bundle.batches(table, self._dump_id)

    def _send(self, table: Table, batches: Iterable[_Rows]) -> Tally:
        tallies = []
        with self._cursor.copy(_statement(table)) as copy:
            copy.set_types(_types(table))
            for batch in batches:
                for row in batch:
                    copy.write_row(row)
                tallies.append(self._checksum.tally(table, batch))
        return Tally.total(tallies)

    def _halved(self, table: Table, rows: _Rows) -> Tally:
        try:
            with self._cursor.connection.transaction():
                return self._send(table, [rows])
        except psycopg.Error as error:
            if not _is_of_the_row(error):
                raise
            if len(rows) == 1:
                self._leave_out(table, _shown(rows[0], table), _reason(error))
                return Tally()
        middle = len(rows) // 2
        return Tally.total(self._halved(table, half) for half in (rows[:middle], rows[middle:]))

    def _leave_out_wrong(self, table: Table, seen: int) -> None:
        wrong = self._bundle.wrong_rows(table)
        if self._bundle.count(table) != seen + len(wrong):
            raise Damaged(f"{table.source} has other rows than its index: the file is damaged")
        for rowid, reason in wrong:
            self._leave_out(table, f"rowid {rowid}", reason)

    def _leave_out(self, table: Table, row: str, reason: str) -> None:
        if len(self.left_out) == _MOST_LEFT_OUT:
            raise Damaged(f"more than {_MOST_LEFT_OUT:,} rows of it cannot be moved")
        self.left_out.append(Quarantined(f"{table.source} {row}", reason))


def _statement(table: Table) -> sql.Composed:
    columns = ["dump_id", *(column.name for column in table.columns), *table.extra]
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def _types(table: Table) -> list[str]:
    return [
        "int4",
        *(_SENT_AS[column.type] for column in table.columns),
        *["int4"] * len(table.extra),
    ]


def _is_of_the_row(error: psycopg.Error) -> bool:
    return (error.sqlstate or "")[:2] in _OF_THE_ROW


def _reason(error: psycopg.Error) -> str:
    # Of the message only what the server says first: its detail quotes the row.
    return f"{error.sqlstate}: {error.diag.message_primary}"


def _shown(row: Sequence[Any], table: Table) -> str:
    key = row[1 : 1 + len(table.key)]
    told = (part if isinstance(part, int) else ascii(part.decode(errors="replace")) for part in key)
    return " ".join(map(str, told))[:200]
