"""How small a temp_file_limit has to be so that a stock build dies of it. Mostly pure.

The limit holds for each process, and a parallel build shares its sort among its processes, always
through temporary files. With the stock maintenance_work_mem (64 MB) a build has two: at 32 MB for
each there is room for one worker beside the leader (PostgreSQL 18, plan_create_index_workers).
"""

from __future__ import annotations

from typing import Any

import psycopg

_SHARE = 0.48
"""Of the whole sort. Of two processes one writes at least half of it; of nine each writes about a
ninth, on a busy machine up to 0.33 in most builds (measured on 18, 20 to 110 MB of heap)."""

LEAST_HEAP = 16 * 1024**2
"""Bytes of heap. From 8 MB on (min_parallel_table_scan_size) a stock build is parallel and writes
temporary files, but up to here its scan is over before all of nine processes have begun."""

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
    """Return the limit, in kB, that two processes break on a sort of so many bytes."""
    return int(smallest_sort * _SHARE) // 1024
