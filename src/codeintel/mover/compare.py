"""The same dump in a file and in Postgres, or not: its number of chunks, tallies of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from codeintel.mover.checksum import Checksum, Tally, checksum_for
from codeintel.mover.queries import query
from codeintel.mover.source import Bundle, opened
from codeintel.mover.tables import TABLES, Table
from outofband.backfill import Damaged

Tallies = Mapping[Table, Tally]
_Cursor = psycopg.RawCursor[Any]


def file_differs(cursor: _Cursor, dump_id: int, path: Path) -> str:
    """Say what Postgres has instead of what a file has, or what the file is instead of a bundle.

    Empty where both have the same. Raises FileNotFoundError.
    """
    try:
        with opened(path) as (bundle, _):
            bundle.check()
            return bundle_differs(cursor, dump_id, bundle)
    except Damaged as damaged:
        return f"{path.name}: {damaged.reason}"


def bundle_differs(cursor: _Cursor, dump_id: int, bundle: Bundle) -> str:
    """Say the same of an open bundle, of the rows that Postgres has types for; reads all of it."""
    if num_result_chunks(cursor, dump_id) != bundle.num_result_chunks:
        return "another number of result chunks"
    checksum = checksum_for(cursor.connection.info.server_version)
    held = {table: Tally.total(map(checksum.tally, bundle.batches(table))) for table in TABLES}
    return rows_differ(cursor, dump_id, checksum, held)


def rows_differ(cursor: _Cursor, dump_id: int, checksum: Checksum, expected: Tallies) -> str:
    """Say which tables of a dump hold something else than expected; empty where none does."""
    told = []
    for table, tally in expected.items():
        row = cursor.execute(checksum.query(table), [dump_id]).fetchone()
        assert row is not None
        stored = Tally(*map(int, row))
        if stored.rows != tally.rows:
            told.append(f"{stored.rows:,} rows of {tally.rows:,} in {table.name}")
        elif stored != tally:
            told.append(f"{tally.rows:,} rows in {table.name}, but another checksum")
    return "; ".join(told)


def num_result_chunks(cursor: _Cursor, dump_id: int) -> int | None:
    """Return what the row of metadata says; None where there is none."""
    row = cursor.execute(query("chunks"), [dump_id]).fetchone()
    return row and int(row[0])
