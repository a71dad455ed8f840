"""The incident's inserter, which writes the metadata row once per worker. Not for use.

Several workers, each with a connection, share out the rows of a dump, table by table. Of every
table but one they draw rows from a queue, so that a row reaches one of them. The one row of
metadata stood in a list instead, and each worker went through the list from its beginning. While
the table had no unique index nothing noticed.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg import sql

from codeintel.store.rows import LATER, METADATA, TABLES, TYPES, Row, Rows

Share = Callable[[Sequence[Row]], Iterable[Row]]


def ranged_over(rows: Sequence[Row]) -> Iterable[Row]:
    """The bug: something that every worker goes through from the beginning."""
    return rows


def drawn_from_a_queue(rows: Sequence[Row]) -> Iterable[Row]:
    """Return something that gives each row to one worker only."""
    waiting: queue.SimpleQueue[Row] = queue.SimpleQueue()
    for row in rows:
        waiting.put(row)

    def draw() -> Iterator[Row]:
        while True:
            try:
                yield waiting.get_nowait()
            except queue.Empty:
                return

    return _Draws(draw)


class _Draws:
    def __init__(self, draw: Callable[[], Iterator[Row]]) -> None:
        self._draw = draw

    def __iter__(self) -> Iterator[Row]:
        return self._draw()


def insert(
    workers: Sequence[psycopg.Connection[Any]],
    dump_id: int,
    rows: Rows,
    share_metadata: Share = ranged_over,
) -> dict[str, int]:
    """Write a dump with one thread a connection; return how many rows each table got.

    Knows the columns of the first revision only, and is as careless as it was: each worker commits
    for itself.
    """
    written = {}
    with ThreadPoolExecutor(len(workers)) as threads:
        for table in TABLES:
            share = share_metadata if table == METADATA else drawn_from_a_queue
            shared = share(rows.of(table))
            counts = threads.map(lambda c: _copy(c, dump_id, table, shared), workers)  # noqa: B023
            written[table] = sum(counts)
    return written


def _copy(
    connection: psycopg.Connection[Any], dump_id: int, table: str, rows: Iterable[Row]
) -> int:
    fields = [name for name in TABLES[table]._fields if name not in LATER]
    columns = ["dump_id", *fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([TYPES[column] for column in columns])
        for row in rows:
            copy.write_row((dump_id, *(getattr(row, name) for name in fields)))
            count += 1
    return count
