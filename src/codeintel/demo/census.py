"""What the store holds in the end: rows by dump and table, bytes by table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from codeintel.demo.verdict import Tally
from codeintel.store.rows import TABLES

QUARANTINE = "outofband"
"""The schema that duplicates are moved to."""

_Connection = psycopg.Connection[Any]

_QUARANTINED = """
SELECT relname FROM pg_catalog.pg_class
WHERE relkind = 'r' AND relnamespace = to_regnamespace(%s) AND starts_with(relname, %s || '_')
"""
_SIZES = """
SELECT pg_relation_size(oid), coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0),
       pg_indexes_size(oid), greatest(reltuples, 0)::bigint
FROM pg_catalog.pg_class WHERE oid = %s::regclass
"""
_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_catalog.pg_index
WHERE indrelid = %s::regclass AND indisvalid ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a table's heap, of its TOAST and of its indexes, and about how many rows it has."""

    heap: int
    toast: int
    indexes: int
    rows: int


def count(connection: _Connection) -> Tally:
    """Count the rows of every dump in the tables."""
    return _counted(connection, {table: [sql.Identifier(table)] for table in TABLES})


def count_quarantine(connection: _Connection) -> Tally:
    """Count the rows of every dump that were moved out of the tables as duplicates."""
    places = {}
    for table in TABLES:
        names = connection.execute(_QUARANTINED, [QUARANTINE, table]).fetchall()
        places[table] = [sql.Identifier(QUARANTINE, name) for (name,) in names]
    return _counted(connection, places)


def size(connection: _Connection, table: str) -> Size:
    """Return how large a table is."""
    row = connection.execute(_SIZES, [table]).fetchone()
    assert row is not None
    return Size(*row)


def valid_indexes(connection: _Connection, table: str) -> list[str]:
    """Return the names of a table's indexes that queries may use."""
    return [name for (name,) in connection.execute(_INDEXES, [table])]


def _counted(connection: _Connection, places: dict[str, list[sql.Identifier]]) -> Tally:
    found: Tally = Counter()
    for table, names in places.items():
        for name in names:
            statement = sql.SQL("SELECT dump_id, count(*) FROM {} GROUP BY dump_id").format(name)
            rows = connection.execute(statement).fetchall()
            found.update({(dump_id, table): n for dump_id, n in rows})
    return found
