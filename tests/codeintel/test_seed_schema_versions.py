"""The bounds of dumps that were there before the triggers."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

import suites
from codeintel.bundle import Bundle
from codeintel.schema_versions import SEED, TABLES
from codeintel.store.postgres import PostgresStore
from codeintel.worker import prepare
from commands import OUTOFBAND, run
from outofband.backfill import Progress, Size

Connection = psycopg.Connection[Any]

DUMPS = 10
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def older(migrated: Connection) -> Connection:
    """A store with dumps of which no trigger knows: 1 to 10, the third without rows."""
    migrated.execute("SET session_replication_role = replica")
    migrated.execute(
        f"INSERT INTO lsif_data_metadata SELECT n, 1 FROM generate_series(1, {DUMPS}) AS n"
    )
    for table, key, count in (
        ("lsif_data_documents", "'p' || v", "num_diagnostics"),
        ("lsif_data_definitions", "'s', 'i' || v", "num_locations"),
        ("lsif_data_references", "'s', 'i' || v", "num_locations"),
    ):
        columns = "path" if count == "num_diagnostics" else "scheme, identifier"
        migrated.execute(
            f"INSERT INTO {table} (dump_id, {columns}, schema_version, {count}) "
            f"SELECT n, {key}, v, 0 FROM generate_series(1, {DUMPS}) AS n, "
            "generate_series(1, 1 + n % 2) AS v WHERE n <> 3"
        )
    migrated.execute("RESET session_replication_role")
    return migrated


def walk(connection: Connection, dumps: int) -> None:
    for unit in SEED.units(connection):
        cursor, begun = None, False
        while not begun or cursor is not None:
            with connection.transaction():
                cursor = SEED.batch(connection, unit, cursor, Size(dumps, 1 << 20)).cursor
            begun = True


def bounds(connection: Connection, table: str) -> list[tuple[int, int, int]]:
    return connection.execute(f"SELECT * FROM {table}_schema_versions ORDER BY 1").fetchall()


@pytest.mark.parametrize("dumps", [1, 3, 5, 100])
def test_every_dump_that_has_rows_gets_its_bounds(older: Connection, dumps: int) -> None:
    assert SEED.progress(older) == Progress(3, 3 * DUMPS, "dumps")
    assert len(list(SEED.verify(older))) == 3
    walk(older, dumps)
    assert SEED.progress(older) == Progress(3 * DUMPS, 3 * DUMPS, "dumps")
    assert list(SEED.verify(older)) == []
    for table in TABLES:
        assert bounds(older, table) == [(n, 1, 1 + n % 2) for n in range(1, DUMPS + 1) if n != 3]


@suites.FAULTS
def test_the_runbook_shows_it_and_does_it(older: Connection, migrated_url: str) -> None:
    environ = {**os.environ, "DATABASE_URL": migrated_url.replace("://", "+psycopg://", 1)}

    def outofband(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run([OUTOFBAND, *arguments], REPOSITORY, environ)

    pending = outofband("check")
    assert (pending.returncode, "lsif_schema_versions" in pending.stdout) == (1, True), pending
    applied = outofband("apply", "--yes")
    assert applied.returncode == 0, applied.stderr
    assert outofband("check").returncode == 0
    assert list(SEED.verify(older)) == []


def test_what_a_trigger_has_entered_is_widened_and_never_narrowed(older: Connection) -> None:
    older.execute("INSERT INTO lsif_data_documents VALUES (2, 'later', '', 7, 0)")
    assert bounds(older, TABLES[0]) == [(2, 7, 7)]
    walk(older, 4)
    assert bounds(older, TABLES[0])[1] == (2, 1, 7)


def test_bounds_that_do_not_hold_are_told(older: Connection) -> None:
    walk(older, 100)
    older.execute("UPDATE lsif_data_documents_schema_versions SET max_schema_version = 1")
    [told] = SEED.verify(older)
    assert told.endswith("lsif_data_documents whose versions are not within their bounds: 4")


@pytest.mark.parametrize("replaced", [False, True])
def test_a_dump_that_is_deleted_or_replaced_meanwhile_keeps_no_bounds_of_before(
    older: Connection, migrated_url: str, replaced: bool
) -> None:
    """A deletion that is under way is waited for; one that comes waits for the batch."""
    with psycopg.connect(migrated_url) as other:
        with other.transaction():
            if replaced:
                PostgresStore(other).write(2, prepare(Bundle(1, {}, {}, {}, {})), replace=True)
            else:
                PostgresStore(other).delete(2)
            thread = threading.Thread(target=walk, args=(older, 4))
            thread.start()
            asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while other.execute(asked).fetchone() == (0,):
                pass
        thread.join()
    assert [dump_id for dump_id, *_ in bounds(older, TABLES[0])] == [1, 4, 5, 6, 7, 8, 9, 10]
    assert list(SEED.verify(older)) == []
