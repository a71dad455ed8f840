"""The estimate that the demonstration's temp_file_limit is made of, against real builds."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from codeintel.demo.stage import MAINTENANCE_WORK_MEM
from codeintel.demo.temp_files import LEAST_HEAP, estimate, limit_kb, sort_bytes

KEY = ("dump_id", "scheme", "identifier")


@pytest.mark.parametrize(
    ("rows", "key_width", "expected"),
    [(0, 40, 0), (1, 8, 20), (1, 9, 28), (1000, 40, 52_000)],
)
def test_an_index_tuple_is_aligned_and_bears_its_length(
    rows: int, key_width: int, expected: int
) -> None:
    assert estimate(rows, key_width) == expected


def test_the_limit_is_a_little_under_the_whole_sort() -> None:
    assert 0.9 * 2**20 < limit_kb(2**20) * 1024 < 0.95 * 2**20


@pytest.fixture
def table(database: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(database, autocommit=True)
    connection.execute(
        "CREATE TABLE t (dump_id int NOT NULL, scheme text NOT NULL, identifier text NOT NULL,"
        " data bytea)"
    )
    connection.execute(
        "INSERT INTO t SELECT n / 2500, 'python', 'package:module.' || md5((n % 2500)::text),"
        " decode(repeat('ab', 90), 'hex') FROM generate_series(1, 100000) AS n"
    )
    connection.execute("VACUUM (ANALYZE) t")
    connection.execute(f"SET maintenance_work_mem = '{MAINTENANCE_WORK_MEM}'")
    return connection


def test_the_estimate_is_what_one_process_writes(table: psycopg.Connection[Any]) -> None:
    with table:
        heap = table.execute("SELECT pg_relation_size('t')").fetchone()
        assert heap is not None
        assert heap[0] > LEAST_HEAP
        before = temp_bytes(table)
        table.execute("CREATE INDEX ON t (dump_id, scheme, identifier)")
        deadline = time.monotonic() + 60
        while (wrote := temp_bytes(table) - before) == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert sort_bytes(table, "t", KEY) == pytest.approx(wrote, rel=0.05)


def test_one_process_breaks_the_limit(table: psycopg.Connection[Any]) -> None:
    with table:
        table.execute(f"SET temp_file_limit = '{limit_kb(sort_bytes(table, 't', KEY))}kB'")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            table.execute("CREATE INDEX ON t (dump_id, scheme, identifier)")


def temp_bytes(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(
        "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])
