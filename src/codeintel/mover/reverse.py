"""The way back: a dump's file is right again, and then its rows go.

One transaction a dump. The file comes first, compared and on disk, the rows go with the commit:
whatever dies in between leaves the dump whole in one place at least, and the next run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from codeintel.mover.compare import file_differs, num_result_chunks
from codeintel.mover.queries import query
from codeintel.mover.standing import Standing, locked
from codeintel.mover.tables import TABLES, Table
from codeintel.store import copying
from codeintel.store.bundle_file import write_tables
from codeintel.store.errors import being_written
from codeintel.store.folder import BundleFolder, sync
from codeintel.store.upkeep import tell
from outofband.backfill import here
from outofband.errors import StateUnknown

_Connection = psycopg.Connection[Any]
_Cursor = psycopg.RawCursor[Any]


class BundleWrong(StateUnknown):
    """A file that was just written from rows does not hold them."""

    default_state = "The dump is in Postgres as before"


class Way(Enum):
    """How the file of a dump came to be right."""

    PUT_BACK = "put back"
    """It was the backup, and has not changed since it was moved."""
    KEPT = "kept"
    """It was in its place, with the rows that Postgres has."""
    WRITTEN = "written"
    """It was written from the rows."""


def give_back(connection: _Connection, folder: BundleFolder, dump_id: int) -> Way | None:
    """Make a dump a file, in the transaction that the connection is in; None where it has no rows.

    Raises BundleWrong, BundleNotWritten, StoreNotMigrated, or what psycopg raises.
    """
    standing = locked(connection, dump_id)
    if not standing.has_rows:
        return None
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(query("planning"))
        copying.lock_tables(cursor)
        with being_written(folder.bundle(dump_id)):
            way = _file(cursor, folder, dump_id, standing)
        tell(cursor, "forget_moved", dump_id)
        tell(cursor, "exhume", dump_id)
        copying.delete(cursor, dump_id)
    return way


def give_back_all(connection: _Connection, folder: BundleFolder) -> Iterator[tuple[int, Way]]:
    """Give back the dumps of this host, ascending by id, on an autocommit connection."""
    for dump_id, host in with_rows(connection):
        if host != here():
            continue
        with connection.transaction():
            way = give_back(connection, folder, dump_id)
        if way is not None:
            yield dump_id, way


def with_rows(connection: _Connection) -> Iterator[tuple[int, str]]:
    """Yield every dump that has rows, and the host to whose readers it goes back: the one that its
    file was moved from, this one where it has never been a file.
    """
    after = 0
    while found := connection.execute(query("after"), [after]).fetchall():
        yield from ((dump_id, host or here()) for dump_id, host in found)
        after = found[-1][0]


def _file(cursor: _Cursor, folder: BundleFolder, dump_id: int, standing: Standing) -> Way:
    path = folder.bundle(dump_id)
    if not standing.is_buried:
        if standing.record is not None:
            if standing.record.is_of(path):
                return Way.KEPT
            kept = folder.root / standing.record.path
            if standing.record.is_of(kept):
                _put_back(kept, path)
                return Way.PUT_BACK
        if path.exists() and not file_differs(cursor, dump_id, path):
            return Way.KEPT
    with folder.partial(dump_id) as partial:
        chunks = num_result_chunks(cursor, dump_id)
        assert chunks is not None
        write_tables(partial, chunks, _rows(cursor, dump_id))
        if wrong := file_differs(cursor, dump_id, partial):
            raise BundleWrong(
                f"dump {dump_id} is not given back",
                why=f"the file that was written has other rows: {wrong}",
                do="Look for what is wrong with the disk, and run the same command again",
            )
        folder.place(partial, dump_id)
    return Way.WRITTEN


def _put_back(kept: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(kept, path)
    sync(path.parent)
    sync(kept.parent)


def _rows(cursor: _Cursor, dump_id: int) -> dict[str, Iterator[tuple[Any, ...]]]:
    return {table.source: _rows_of(cursor, dump_id, table) for table in TABLES}


def _rows_of(cursor: _Cursor, dump_id: int, table: Table) -> Iterator[tuple[Any, ...]]:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL(
        "COPY (SELECT {} FROM {} WHERE dump_id = {} ORDER BY {}) TO STDOUT (FORMAT BINARY)"
    ).format(columns, sql.Identifier(table.name), sql.Literal(dump_id), _key(table))
    with cursor.copy(statement) as copy:
        copy.set_types([_TYPES[column.type] for column in table.columns])
        yield from copy.rows()


_TYPES = {"text": "text", "blob": "bytea", "integer": "int4"}


def _key(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.key)
