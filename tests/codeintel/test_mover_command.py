"""`codeintel move` and `codeintel reverse`, as an operator types them."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle
from codeintel.cli import main
from codeintel.mode import Mode, switch
from codeintel.mover import workers
from codeintel.mover.move import waiting
from codeintel.store.bundle_file import write_bundle
from codeintel.store.connection import StoreLost
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.worker import prepare

Store = psycopg.Connection[Any]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def call(migrated_url: str, folder: BundleFolder, click_bundle: Bundle) -> Any:
    """Run a command on a store, and on a folder with three bundles."""
    for dump_id in (1, 2, 3):
        folder.bundle(dump_id).parent.mkdir(parents=True)
        write_bundle(folder.bundle(dump_id), prepare(click_bundle))
    where = ["--database-url", migrated_url, "--bundle-dir", str(folder.root)]
    return lambda *words: main([*words, *where])


@pytest.mark.parametrize("workers", ["1", "2"])
def test_all_bundles_are_moved(
    call: Any, migrated: Store, folder: BundleFolder, capsys: Capture, workers: str
) -> None:
    assert call("move", "--workers", workers) == 0
    assert "bundles: 3 moved; 0 with something left out" in capsys.readouterr().err
    assert PostgresStore(migrated).dumps() == [1, 2, 3]
    assert waiting(folder) == []
    assert call("move") == 0
    assert "bundles: none there" in capsys.readouterr().err


def test_what_stays_is_told_and_the_others_go(
    call: Any, migrated: Store, folder: BundleFolder, capsys: Capture
) -> None:
    os.truncate(folder.bundle(2), 9_000)
    assert call("move") == 4
    told = capsys.readouterr().err
    assert "dump 2: not moved: " in told
    assert "bundles: 2 moved; 1 with something left out" in told
    assert PostgresStore(migrated).dumps() == [1, 3]
    assert waiting(folder) == [2]


def test_back_it_goes_when_writers_write_files(
    call: Any, migrated: Store, folder: BundleFolder, capsys: Capture
) -> None:
    call("move")
    assert call("reverse") == 4
    assert "Run codeintel mode sqlite" in capsys.readouterr().err
    call("move")
    switch(migrated, Mode.SQLITE)
    assert call("reverse") == 0
    assert "dumps: 3 put back" in capsys.readouterr().err
    assert PostgresStore(migrated).dumps() == []
    assert folder.bundles() == [1, 2, 3]


def test_nothing_moves_while_writers_write_files_alone(
    call: Any, migrated: Store, folder: BundleFolder, capsys: Capture
) -> None:
    switch(migrated, Mode.SQLITE)
    assert call("move") == 3
    assert "the mode is sqlite" in capsys.readouterr().err
    assert folder.bundles() == [1, 2, 3]


def test_what_was_moved_from_another_host_goes_back_there(
    call: Any,
    migrated: Store,
    folder: BundleFolder,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert call("move") == 0
    migrated.execute("UPDATE lsif_moved_bundles SET host = 'disk-7' WHERE dump_id = 2")
    switch(migrated, Mode.SQLITE)
    assert call("reverse") == 4
    told = capsys.readouterr().err
    assert "1 dumps were moved from disk-7. Run this command there, or here with" in told
    assert PostgresStore(migrated).dumps() == [2]
    assert folder.bundles() == [1, 3]
    monkeypatch.setenv("OUTOFBAND_PLACE", "disk-7")
    assert call("reverse") == 0
    assert folder.bundles() == [1, 2, 3]


def test_workers_die_with_the_command_and_the_next_one_goes_on(
    call: Any, migrated: Store, migrated_url: str, folder: BundleFolder
) -> None:
    words = ["move", "--workers", "2", "--database-url", migrated_url]
    command = [sys.executable, "-m", "codeintel", *words, "--bundle-dir", str(folder.root)]
    with psycopg.connect(migrated_url) as holder:  # else they may be done before they are killed
        holder.execute("LOCK TABLE lsif_data_documents IN SHARE MODE")
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as mover:
            eventually(lambda: len(held_up(migrated)) == 2)
            mover.kill()
    eventually(lambda: not others(migrated))
    assert call("move") == 0
    assert PostgresStore(migrated).dumps() == [1, 2, 3]
    assert waiting(folder) == []


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def held_up(store: Store) -> list[Any]:
    """Return who waits for a lock on a table of this database."""
    return store.execute(
        "SELECT pid FROM pg_locks WHERE NOT granted AND relation IS NOT NULL AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).fetchall()


def others(store: Store) -> list[Any]:
    """Return the sessions of others on this database."""
    return store.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ).fetchall()


def test_a_worker_whose_connection_is_lost_says_so_in_words(
    migrated: Store, migrated_url: str, folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_Worker", SimpleNamespace(url=migrated_url, folder=folder))
    with psycopg.connect(migrated_url, autocommit=True) as lost:
        workers._Worker.connection = lost
        migrated.execute("SELECT pg_terminate_backend(%s)", [lost.info.backend_pid])
        with pytest.raises(StoreLost, match="Run the same command again") as raised:
            workers._move(1)
    # It goes from the worker's process to the command's.
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_a_full_disk_is_told_in_words_and_nothing_is_changed(
    call: Any,
    migrated: Store,
    folder: BundleFolder,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call("move")
    switch(migrated, Mode.SQLITE)
    for dump_id in (1, 2, 3):
        folder.backup(dump_id).unlink()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("codeintel.store.folder.sync", full)
    assert call("reverse") == 3
    told = capsys.readouterr().err
    assert "cannot be written: No space left on device. Remove the cause" in told
    assert PostgresStore(migrated).dumps() == [1, 2, 3]
    assert folder.bundles() == []


def test_a_folder_that_may_not_be_looked_into_is_told_in_words(
    call: Any, folder: BundleFolder, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "listdir", refused)
    assert call("move") == 5
    told = f"codeintel: {folder.root / 'dbs'} is refused: Permission denied."
    assert capsys.readouterr().err.startswith(told)


def test_verify_looks_and_moves_nothing(
    call: Any, migrated: Store, folder: BundleFolder, capsys: Capture
) -> None:
    assert call("move", "--verify") == 0
    assert len(waiting(folder)) == 3
    call("move")
    assert call("move", "--verify") == 0
    migrated.execute("DELETE FROM lsif_data_references WHERE dump_id = 2")
    assert call("move", "--verify") == 4
    assert capsys.readouterr().out.startswith("dump 2: 0 rows of ")


def test_verify_compares_the_number_of_result_chunks_too(
    call: Any, migrated: Store, capsys: Capture
) -> None:
    call("move")
    migrated.execute("UPDATE lsif_data_metadata SET num_result_chunks = 99 WHERE dump_id = 3")
    assert call("move", "--verify") == 4
    assert capsys.readouterr().out == "dump 3: another number of result chunks\n"


def test_a_dump_that_is_replaced_as_it_is_looked_at_is_not_wrong(
    call: Any, migrated: Store, folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("move")

    def replaced_meanwhile(*_: object) -> str:
        migrated.execute("DELETE FROM lsif_moved_bundles")
        return "other rows"

    monkeypatch.setattr("codeintel.mover.audit.file_differs", replaced_meanwhile)
    assert call("move", "--verify") == 0
    assert waiting(folder) == []


@pytest.mark.parametrize("words", [("move",), ("move", "--workers", "2"), ("reverse",)])
def test_a_database_that_is_no_store_yet_is_told_in_words(
    make_database: Any, tmp_path: Path, capsys: Capture, words: tuple[str, ...]
) -> None:
    where = ["--database-url", make_database(), "--bundle-dir", str(tmp_path)]
    assert main([*words, *where]) == 3
    told = capsys.readouterr().err
    assert "Run alembic upgrade head" in told
    assert "Traceback" not in told
