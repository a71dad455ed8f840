"""Steady readers and a writer, until they are asked to stop."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle
from codeintel.demo.dumps import Dump, Library
from codeintel.demo.log import UPLOAD, Appender, Follower, Outcome
from codeintel.demo.traffic import Traffic
from codeintel.store.postgres import PostgresStore
from codeintel.worker import prepare

LOADED = 2


def test_dumps_are_read_and_new_ones_written_until_it_is_asked_to_stop(
    store: psycopg.Connection[Any], store_url: str, click_bundle: Bundle, tmp_path: Path
) -> None:
    rows = prepare(click_bundle)
    for dump_id in range(1, LOADED + 1):
        PostgresStore(store).write(dump_id, rows)
    library = Library((Dump("click", rows, 0.0),))
    log, stop = Follower(tmp_path / "log"), threading.Event()
    with Appender(tmp_path / "log") as appender:
        traffic = Traffic(library, LOADED, store_url, appender)
        thread = threading.Thread(target=traffic.run, args=(stop,))
        thread.start()
        deadline = time.monotonic() + 120
        while len({r.dump_id for r in log.requests() if r.kind == UPLOAD}) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        stop.set()
        thread.join()
    requests = log.requests()
    assert {request.outcome for request in requests} == {Outcome.OK}
    uploads = [request.dump_id for request in requests if request.kind == UPLOAD]
    assert uploads == list(range(LOADED + 1, LOADED + 1 + len(uploads)))
    assert len(requests) > len(uploads)
    stored = store.execute("SELECT dump_id FROM lsif_data_metadata ORDER BY 1").fetchall()
    assert [dump_id for (dump_id,) in stored] == [*range(1, LOADED + 1), *uploads]


def test_a_reader_that_dies_ends_all_of_it(tmp_path: Path) -> None:
    without_dumps = Library(())
    with (
        Appender(tmp_path / "log") as appender,
        pytest.raises(ZeroDivisionError),
    ):
        Traffic(without_dumps, LOADED, "unused", appender).run(threading.Event())
