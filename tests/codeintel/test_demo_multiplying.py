"""The incident's inserter beside one that is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle
from codeintel.demo.census import count
from codeintel.demo.multiplying import Share, drawn_from_a_queue, insert, ranged_over
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import METADATA, TABLES, MetadataRow, Rows
from codeintel.worker import prepare

Connections = list[psycopg.Connection[Any]]

WORKERS = 4
ROWS = [MetadataRow(n) for n in range(3)]


@pytest.fixture
def workers(store_url: str) -> Iterator[Connections]:
    connections = [psycopg.connect(store_url, autocommit=True) for _ in range(WORKERS)]
    yield connections
    for connection in connections:
        connection.close()


@pytest.fixture(scope="session")
def rows(click_bundle: Bundle) -> Rows:
    return prepare(click_bundle)


@pytest.mark.parametrize(("share", "times"), [(ranged_over, WORKERS), (drawn_from_a_queue, 1)])
def test_a_queue_gives_a_row_to_one_worker_and_a_list_to_each(share: Share, times: int) -> None:
    shared = share(ROWS)
    got = Counter(row for _ in range(WORKERS) for row in shared)
    assert got == Counter(dict.fromkeys(ROWS, times))


@pytest.mark.parametrize(("share", "times"), [(ranged_over, WORKERS), (drawn_from_a_queue, 1)])
def test_metadata_is_multiplied_by_the_workers_and_nothing_else(
    store: psycopg.Connection[Any], workers: Connections, rows: Rows, share: Share, times: int
) -> None:
    told = insert(workers, 7, rows, share)
    expected = {table: len(rows.of(table)) for table in TABLES} | {METADATA: times}
    assert told == expected
    assert count(store) == Counter({(7, table): n for table, n in expected.items()})


@pytest.mark.parametrize("table", [table for table in TABLES if table != METADATA])
def test_rows_are_those_that_the_worker_writes(
    store: psycopg.Connection[Any], workers: Connections, rows: Rows, table: str
) -> None:
    PostgresStore(store).write(1, rows)
    insert(workers, 2, rows)
    content: Callable[[int], list[Any]] = lambda dump_id: (  # noqa: E731
        store.execute(
            f"SELECT to_jsonb(t) - 'dump_id' FROM {table} AS t WHERE dump_id = %s ORDER BY t::text",
            [dump_id],
        ).fetchall()
    )
    assert sorted(map(repr, content(1))) == sorted(map(repr, content(2)))
