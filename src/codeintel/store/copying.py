"""One dump into the five tables, by COPY, into whichever of their columns there are by now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import psycopg
from psycopg import sql

from codeintel.store.errors import StoreNotMigrated
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
    Row,
    Rows,
)

_Cursor = psycopg.Cursor[Any]

#: The order in which the revisions touch the tables. Any other invites a deadlock with an upgrade,
#: and the server may choose the upload as its victim.
_LOCKING_ORDER = (METADATA, DOCUMENTS, RESULT_CHUNKS, DEFINITIONS, REFERENCES)


def lock_tables(cursor: _Cursor) -> None:
    """Take the lock that COPY will take anyway; raises StoreNotMigrated.

    No revision can add a column from now on, until the transaction ends.
    """
    try:
        names = sql.SQL(", ").join(map(sql.Identifier, _LOCKING_ORDER))
        cursor.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(names))
    except psycopg.errors.UndefinedTable:
        raise StoreNotMigrated("its tables are missing") from None


def insert(cursor: _Cursor, dump_id: int, rows: Rows) -> None:
    """Write the rows of a dump, metadata last; the tables are locked already."""
    columns = _columns(cursor)
    for table in TABLES:
        _copy(cursor, dump_id, table, columns[table], rows.of(table))


def delete(cursor: _Cursor, dump_id: int) -> bool:
    """Delete the rows of a dump, and answer whether it had its row of metadata."""
    deleted = {}
    for table in _LOCKING_ORDER:
        statement = sql.SQL("DELETE FROM {} WHERE dump_id = {}")
        cursor.execute(statement.format(sql.Identifier(table), sql.Literal(dump_id)))
        deleted[table] = cursor.rowcount
    return deleted[METADATA] > 0


def _columns(cursor: _Cursor) -> dict[str, list[str]]:
    """Return the columns to write, by table; raises StoreNotMigrated."""
    found = set(cursor.execute(query("columns"), [list(TABLES)]).fetchall())
    columns = {}
    for table, row in TABLES.items():
        present = [name for name in ("dump_id", *row._fields) if (table, name) in found]
        missing = {"dump_id", *row._fields} - LATER - set(present)
        if missing:
            raise StoreNotMigrated(f"{table} has no column {min(missing)}")
        columns[table] = present
    return columns


def _copy(
    cursor: _Cursor,
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
