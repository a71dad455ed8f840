"""How small a temp_file_limit has to be so that a stock build dies of it. Mostly pure.

The limit holds for each process. With little maintenance_work_mem a build has one, which writes all
that it sorts to temporary files (PostgreSQL 18, plan_create_index_workers: 32 MB for each process,
or none but the leader); with more it shares the sort among several.
"""

from __future__ import annotations

from typing import Any

import psycopg

_SHARE = 0.92
"""Of the whole sort, all of which one process writes. Of nine on two cores one writes 0.16 on a
table of 110 MB, and up to 0.88 on one of 18 MB, whose scan is nearly over when the last of them
begins (measured on 18)."""

LEAST_HEAP = 16 * 1024**2
"""Bytes of heap below which nine processes do not help."""

_HEADER, _LENGTH_WORD, _ALIGNMENT = 8, 4, 8
_WIDTHS = """
SELECT greatest(c.reltuples, 0)::bigint, coalesce(sum(s.avg_width), 0)::bigint
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_stats AS s
  ON s.schemaname = c.relnamespace::regnamespace::text AND s.tablename = c.relname
     AND s.attname = ANY (%s)
WHERE c.oid = %s::regclass GROUP BY c.reltuples
"""


def sort_bytes(connection: psycopg.Connection[Any], table: str, columns: tuple[str, ...]) -> int:
    """Estimate from the statistics of ANALYZE what the sort of an index on the columns writes."""
    row = connection.execute(_WIDTHS, [list(columns), table]).fetchone()
    assert row is not None
    return estimate(*row)


def estimate(rows: int, key_width: int) -> int:
    """Return the bytes of the sorted index tuples: header and keys, aligned, and a length word."""
    tuple_size = -(-(_HEADER + key_width) // _ALIGNMENT) * _ALIGNMENT
    return rows * (tuple_size + _LENGTH_WORD)


def limit_kb(smallest_sort: int) -> int:
    """Return the limit, in kB, that one process breaks on a sort of so many bytes."""
    return int(smallest_sort * _SHARE) // 1024
