"""The same rows in a file and in Postgres, or not: tallies of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from codeintel.mover.checksum import Checksum, Tally
from codeintel.mover.source import Bundle
from codeintel.mover.tables import TABLES, Table

Tallies = Mapping[Table, Tally]
_Cursor = psycopg.RawCursor[Any]


def tallies_of(bundle: Bundle, checksum: Checksum) -> Tallies:
    """Return what a file holds, of the rows that Postgres has types for; reads all of it."""
    return {table: Tally.total(map(checksum.tally, bundle.batches(table))) for table in TABLES}


def different(cursor: _Cursor, dump_id: int, checksum: Checksum, expected: Tallies) -> str:
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
