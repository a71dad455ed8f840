"""One dump, one transaction: rows by COPY, the metadata row last.

A worker that dies leaves nothing, and a reader sees a dump whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import psycopg
from psycopg import sql

from codeintel.bundle import Bundle, Location, MonikerKey
from codeintel.store import blobs
from codeintel.store.queries import query
from codeintel.store.rows import (
    DEFINITIONS,
    DOCUMENTS,
    LATER,
    METADATA,
    REFERENCES,
    RESULT_CHUNKS,
    TABLES,
    TYPES,
    DocumentRow,
    MetadataRow,
    MonikerRow,
    ResultChunkRow,
    Row,
    Rows,
)
from outofband.errors import NothingChanged

_Connection = psycopg.Connection[Any]

#: The order in which the revisions touch the tables. Any other invites a deadlock with an upgrade,
#: and the server may choose the upload as its victim.
_LOCKING_ORDER = (METADATA, DOCUMENTS, RESULT_CHUNKS, DEFINITIONS, REFERENCES)


class DumpAlreadyStored(NothingChanged):
    """The store has a dump of that id, whole: a retry of an upload that had succeeded."""


class StoreNotMigrated(NothingChanged):
    """A table or column of the first revision is not in the database."""


def prepare(bundle: Bundle) -> Rows:
    """Return the encoded rows of a dump, good for any number of uploads."""
    return Rows(
        metadata=MetadataRow(bundle.num_result_chunks),
        documents=tuple(
            DocumentRow(path, blobs.encode_document(document), len(document.diagnostics))
            for path, document in bundle.documents.items()
        ),
        result_chunks=tuple(
            ResultChunkRow(index, blobs.encode_result_chunk(chunk))
            for index, chunk in bundle.result_chunks.items()
        ),
        definitions=_moniker_rows(bundle.definitions),
        references=_moniker_rows(bundle.references),
    )


def _moniker_rows(
    table: Mapping[MonikerKey, tuple[Location, ...]],
) -> tuple[MonikerRow, ...]:
    return tuple(
        MonikerRow(*key, blobs.encode_locations(locations), len(locations))
        for key, locations in table.items()
    )


def write(connection: _Connection, dump_id: int, rows: Rows) -> None:
    """Write a dump in one transaction, into whichever of their columns the tables have by now.

    On a connection that is inside a transaction already, that transaction decides: this becomes a
    savepoint of it. Raises DumpAlreadyStored, StoreNotMigrated, or what psycopg raises; then the
    store is as it was.
    """
    try:
        with connection.transaction(), psycopg.RawCursor(connection) as cursor:
            columns = _columns(cursor)
            if cursor.execute(query("metadata"), [dump_id]).fetchone():
                raise _already_stored(dump_id)
            for table in TABLES:
                _copy(cursor, dump_id, table, columns[table], rows.of(table))
    except psycopg.errors.UniqueViolation:
        # Another worker committed the same dump after this one had looked.
        raise _already_stored(dump_id) from None


def _columns(cursor: psycopg.RawCursor[Any]) -> dict[str, list[str]]:
    """Return the columns to write, by table, and keep them true until the transaction ends."""
    tables = list(TABLES)
    try:
        # The lock that COPY will take anyway: no revision can add a column after we have asked.
        names = sql.SQL(", ").join(map(sql.Identifier, _LOCKING_ORDER))
        cursor.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(names))
    except psycopg.errors.UndefinedTable:
        raise _not_migrated("its tables are missing") from None
    found = set(cursor.execute(query("columns"), [tables]).fetchall())
    columns = {}
    for table, row in TABLES.items():
        present = [name for name in ("dump_id", *row._fields) if (table, name) in found]
        missing = {"dump_id", *row._fields} - LATER - set(present)
        if missing:
            raise _not_migrated(f"{table} has no column {min(missing)}")
        columns[table] = present
    return columns


def _copy(
    cursor: psycopg.RawCursor[Any],
    dump_id: int,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Row],
) -> None:
    pick = _picker(TABLES[table], columns[1:])
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as copy:
        copy.set_types([TYPES[column] for column in columns])
        for row in rows:
            copy.write_row((dump_id, *pick(row)))


def _picker(row: type[Row], columns: Sequence[str]) -> Callable[[Row], Sequence[Any]]:
    """Return what takes the values of the columns out of a row; all of them is the row itself."""
    if tuple(columns) == row._fields:
        return lambda whole: whole
    indexes = [row._fields.index(column) for column in columns]
    return itemgetter(*indexes)


def _already_stored(dump_id: int) -> DumpAlreadyStored:
    return DumpAlreadyStored(
        f"dump {dump_id} is not written",
        why="the store has rows of that id already",
        do="Choose another id, or leave it: an upload that is repeated is already done",
    )


def _not_migrated(why: str) -> StoreNotMigrated:
    return StoreNotMigrated(
        "the database is no code-intelligence store yet", why=why, do="Run alembic upgrade head"
    )
