"""An upload meets a revision half-way and neither has what the other one waits for."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import DOCUMENTS, METADATA
from codeintel.worker import prepare

WAITING = """
SELECT FROM pg_locks WHERE NOT granted AND relation = %s::regclass AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def test_an_upload_that_waits_for_a_revision_holds_no_later_table(
    store: psycopg.Connection[Any], store_url: str, click_bundle: Bundle
) -> None:
    rows = prepare(click_bundle)

    def upload() -> None:
        with psycopg.connect(store_url, autocommit=True) as uploader:
            PostgresStore(uploader).write(1, rows)

    thread = threading.Thread(target=upload)
    with psycopg.connect(store_url) as revision:
        revision.execute(f"LOCK TABLE {METADATA} IN SHARE MODE")
        thread.start()
        wait_until_one_waits(store, METADATA)
        try:
            revision.execute(f"LOCK TABLE {DOCUMENTS} IN SHARE MODE NOWAIT")
        except psycopg.errors.LockNotAvailable:
            pytest.fail("the upload holds a table that the revision comes to next")
        finally:
            revision.rollback()
            thread.join()


def wait_until_one_waits(store: psycopg.Connection[Any], table: str) -> None:
    deadline = time.monotonic() + 60
    while not store.execute(WAITING, [table]).fetchall():
        assert time.monotonic() < deadline, "nobody waits for the table"
        time.sleep(0.01)
