"""What a busy instance has uploaded: every dump many times over, each time under an id of its own.

One dump in ten came by way of the incident's inserter (multiplying.py), the others by the worker.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from codeintel.demo import multiplying
from codeintel.demo.dumps import Library
from codeintel.demo.log import UPLOAD, Appender, Outcome, Request
from codeintel.demo.stage import connect_as_app
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import TABLES, Rows

_UPLOADERS = 2
MULTIPLIED_EVERY = 10
WORKERS = 4
"""How many workers the incident's inserter has, and so how many rows of metadata it writes."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload of a dump, and whether the multiplying inserter does it."""

    dump_id: int
    multiplied: bool


def uploads(library: Library, moniker_rows: int) -> list[Upload]:
    """Return the fewest uploads, from id 1 on, with that many definitions and references."""
    chosen: list[Upload] = []
    total = 0
    for dump_id in itertools.count(1):
        chosen.append(Upload(dump_id, dump_id % MULTIPLIED_EVERY == 0))
        total += library.monikers(dump_id)
        if total >= moniker_rows:
            return chosen
    raise AssertionError  # count has no end


def load(
    library: Library, chosen: list[Upload], url: str, ledger: Appender, done: Callable[[int], None]
) -> None:
    """Upload as the application's role; ``ledger`` gets what each committed, ``done`` its rows.

    Raises what the worker and psycopg raise.
    """

    def upload(one: Upload) -> int:
        started = time.monotonic()
        written = _write(library.rows(one.dump_id), one, url)
        seconds = time.monotonic() - started
        ledger.append(Request(UPLOAD, one.dump_id, started, seconds, Outcome.OK, written))
        return sum(written.values())

    with ThreadPoolExecutor(_UPLOADERS) as threads:
        for rows in threads.map(upload, chosen):
            done(rows)


def _write(rows: Rows, upload: Upload, url: str) -> dict[str, int]:
    with ExitStack() as opened:
        connections = [
            opened.enter_context(connect_as_app(url, "demo upload"))
            for _ in range(WORKERS if upload.multiplied else 1)
        ]
        if upload.multiplied:
            return multiplying.insert(connections, upload.dump_id, rows)
        PostgresStore(connections[0]).write(upload.dump_id, rows)
    return rows_by_table(rows)


def rows_by_table(rows: Rows) -> dict[str, int]:
    """Return how many rows one upload writes into each table."""
    return {table: len(rows.of(table)) for table in TABLES}
