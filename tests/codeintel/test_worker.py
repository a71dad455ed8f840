"""Where a dump goes in each mode, and what is left of it wherever a writer dies."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel import worker
from codeintel.bundle import Bundle, Diagnostic, Document, Location, MonikerKey, Range, Span
from codeintel.mode import Mode, switch
from codeintel.store.errors import DumpAlreadyStored, KeyUnstorable
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.store.interface import Reader
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import RESULT_CHUNKS, TABLES, Rows
from codeintel.store.sqlite import SqliteStore
from codeintel.worker import delete, prepare, write

Connection = psycopg.Connection[Any]


def says(message: str) -> Rows:
    """Return the rows of a dump of one document that says so."""
    diagnostic = Diagnostic(1, "E", message, "ty", Span(0, 0, 0, 1))
    document = Document({"1": Range(Span(0, 0, 0, 1))}, {}, {}, {}, (diagnostic,))
    key, at = MonikerKey("s", message), (Location("a", Span(0, 0, 0, 1)),)
    return prepare(Bundle(1, {"a": document}, {}, {key: at}, {key: at}))


def heard(reader: Reader, dump_id: int = 1) -> str | None:
    """Return what a dump says, None where there is none."""
    if not reader.exists(dump_id):
        return None
    with reader.open(dump_id) as dump:
        [(_, diagnostic)] = dump.diagnostics()
        return diagnostic.message


class Stores:
    """What each reader hears of dump 1."""

    def __init__(self, connection: Connection, folder: BundleFolder) -> None:
        self._readers = (
            SqliteStore(folder),
            PostgresStore(connection),
            FallbackReader(connection, folder),
        )

    def __call__(self) -> tuple[str | None, str | None, str | None]:
        """Return what the file says, what the rows say, and what the reader over both answers."""
        by_file, by_rows, either = map(heard, self._readers)
        return by_file, by_rows, either


@pytest.fixture
def stores(migrated: Connection, folder: BundleFolder) -> Stores:
    return Stores(migrated, folder)


WRITTEN = {
    Mode.SQLITE: ("new", None, "new"),
    Mode.BOTH: ("new", "new", "new"),
    Mode.POSTGRES: (None, "new", "new"),
}


@pytest.mark.parametrize("mode", Mode)
def test_a_dump_is_written_where_the_mode_says(
    migrated: Connection, folder: BundleFolder, stores: Stores, mode: Mode
) -> None:
    switch(migrated, mode)
    assert write(migrated, folder, 1, says("new")) is mode
    assert stores() == WRITTEN[mode]
    assert folder.partials() == []


@pytest.mark.parametrize("after", Mode)
@pytest.mark.parametrize("before", Mode)
def test_a_dump_that_is_replaced_is_the_new_one_for_every_reader(
    migrated: Connection, folder: BundleFolder, stores: Stores, before: Mode, after: Mode
) -> None:
    switch(migrated, before)
    write(migrated, folder, 1, says("old"))
    switch(migrated, after)
    with pytest.raises(DumpAlreadyStored):
        write(migrated, folder, 1, says("new"))
    write(migrated, folder, 1, says("new"), replace=True)
    assert stores() == WRITTEN[after]
    for table in set(TABLES) - {RESULT_CHUNKS}:  # these dumps have none
        assert migrated.execute(f"SELECT count(*) FROM {table}").fetchone() == (after.has_rows,)


@pytest.mark.parametrize("mode", Mode)
def test_a_dump_that_is_deleted_is_nowhere_and_may_be_written_again(
    migrated: Connection, folder: BundleFolder, stores: Stores, mode: Mode
) -> None:
    switch(migrated, mode)
    write(migrated, folder, 1, says("old"))
    assert delete(migrated, folder, 1)
    assert stores() == (None, None, None)
    assert migrated.execute("SELECT dump_id FROM lsif_tombstones").fetchall() == [(1,)]
    assert not delete(migrated, folder, 1)
    write(migrated, folder, 1, says("new"))
    assert stores() == WRITTEN[mode]


def test_a_moved_dump_that_is_deleted_loses_its_backup_and_its_record(
    migrated: Connection, folder: BundleFolder, stores: Stores
) -> None:
    switch(migrated, Mode.BOTH)
    write(migrated, folder, 1, says("old"))
    moved(migrated, folder)
    assert stores() == (None, "old", "old")
    assert delete(migrated, folder, 1)
    assert not folder.backup(1).exists()
    assert migrated.execute("SELECT FROM lsif_moved_bundles").fetchall() == []


@pytest.mark.parametrize("mode", Mode)
def test_a_moved_dump_that_is_replaced_keeps_no_backup_of_the_one_before(
    migrated: Connection, folder: BundleFolder, stores: Stores, mode: Mode
) -> None:
    switch(migrated, Mode.BOTH)
    write(migrated, folder, 1, says("old"))
    moved(migrated, folder)
    switch(migrated, mode)
    write(migrated, folder, 1, says("new"), replace=True)
    assert stores() == WRITTEN[mode]
    assert not folder.backup(1).exists()
    assert migrated.execute("SELECT FROM lsif_moved_bundles").fetchall() == []


def moved(connection: Connection, folder: BundleFolder) -> None:
    """Leave dump 1 as the mover does: its file a backup, with a record of it."""
    folder.backup(1).parent.mkdir()
    folder.bundle(1).rename(folder.backup(1))
    connection.execute(
        "INSERT INTO lsif_moved_bundles (dump_id, host, path, bytes, sha256) "
        "VALUES (1, 'h', 'db-backups/1.db', 1, '\\x00')"
    )


class Died(BaseException):
    """What kill -9 is to a process, as far as a test in the same process can have it."""


def dying(*_: object) -> None:
    raise Died


def dying_afterwards(function: Callable[..., object]) -> Callable[..., None]:
    def run(*arguments: object) -> None:
        function(*arguments)
        raise Died

    return run


#: Where a writer in the mode ``both`` dies that replaces a dump.
DEATHS: dict[str, tuple[object, str, Callable[..., None]]] = {
    "before the rows": (worker.copying, "insert", dying),
    "before the file is placed": (BundleFolder, "place", dying),
    "between the file and the commit": (
        BundleFolder,
        "place",
        dying_afterwards(BundleFolder.place),
    ),
}


@pytest.mark.parametrize("before", [Mode.BOTH, Mode.POSTGRES])
@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS.keys())
def test_a_writer_that_dies_replacing_leaves_the_dump_before(
    migrated: Connection,
    folder: BundleFolder,
    stores: Stores,
    monkeypatch: pytest.MonkeyPatch,
    before: Mode,
    death: tuple[object, str, Callable[..., None]],
) -> None:
    switch(migrated, before)
    write(migrated, folder, 1, says("old"))
    switch(migrated, Mode.BOTH)
    with monkeypatch.context() as patched:
        patched.setattr(*death)
        with pytest.raises(Died):
            write(migrated, folder, 1, says("new"), replace=True)
    _, rows, either = stores()
    assert (rows, either) == ("old", "old")
    assert migrated.execute("SELECT FROM lsif_tombstones").fetchall(), "nobody believes the file"
    write(migrated, folder, 1, says("new"), replace=True)
    assert stores() == ("new", "new", "new")
    assert migrated.execute("SELECT FROM lsif_tombstones").fetchall() == []


def test_a_writer_that_dies_after_placing_a_new_file_leaves_a_whole_dump(
    migrated: Connection, folder: BundleFolder, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(migrated, Mode.BOTH)
    with monkeypatch.context() as patched:
        patched.setattr(BundleFolder, "place", dying_afterwards(BundleFolder.place))
        with pytest.raises(Died):
            write(migrated, folder, 1, says("new"))
    assert stores() == ("new", None, "new")


KILLED = """
import os, signal, sys
from codeintel import cli
from codeintel.store.folder import BundleFolder
place = BundleFolder.place

def die(*arguments):
    if sys.argv[1] == "after":
        place(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

BundleFolder.place = die
cli.main(sys.argv[2:])
"""


@pytest.mark.parametrize(("when", "litter"), [("before", 1), ("after", 0)], ids=["before", "after"])
def test_a_writer_killed_with_its_file_at_the_door_leaves_the_dump_before(
    migrated: Connection,
    migrated_url: str,
    folder: BundleFolder,
    stores: Stores,
    write_dump: Callable[..., Path],
    when: str,
    litter: int,
) -> None:
    switch(migrated, Mode.BOTH)
    write(migrated, folder, 1, says("old"))
    dump = write_dump()
    arguments = ["load", str(dump), "--dump-id", "1", "--replace"]
    arguments += ["--database-url", migrated_url, "--bundle-dir", str(folder.root)]
    killed = subprocess.run([sys.executable, "-c", KILLED, when, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert heard(FallbackReader(migrated, folder)) == "old"
    assert len(folder.partials()) == litter
    write(migrated, folder, 1, says("new"), replace=True)
    assert stores() == ("new", "new", "new")


def test_a_buried_file_is_no_dump_and_goes_with_the_next_deletion(
    migrated: Connection, folder: BundleFolder, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(migrated, Mode.SQLITE)
    write(migrated, folder, 1, says("old"))
    with monkeypatch.context() as patched:
        patched.setattr(BundleFolder, "remove", dying)
        with pytest.raises(Died):
            delete(migrated, folder, 1)
    assert stores() == ("old", None, None)
    assert FallbackReader(migrated, folder).dumps() == []
    assert delete(migrated, folder, 1)
    assert stores() == (None, None, None)


def test_a_mode_that_changes_while_a_file_is_made_is_followed(
    migrated: Connection,
    migrated_url: str,
    folder: BundleFolder,
    stores: Stores,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    switch(migrated, Mode.SQLITE)
    write_bundle: Callable[[Path, Rows], None] = worker.write_bundle

    def write_and_switch(path: Path, rows: Rows) -> None:
        write_bundle(path, rows)
        with psycopg.connect(migrated_url, autocommit=True) as other:
            switch(other, Mode.POSTGRES)

    monkeypatch.setattr(worker, "write_bundle", write_and_switch)
    assert write(migrated, folder, 1, says("new")) is Mode.POSTGRES
    assert stores() == WRITTEN[Mode.POSTGRES]
    assert folder.partials() == []


@pytest.mark.parametrize("identifier", ["a\0b", "a\ud800b"])
def test_a_key_that_no_store_can_hold_is_refused_before_anything_is_written(
    identifier: str,
) -> None:
    key = MonikerKey("s", identifier)
    with pytest.raises(KeyUnstorable) as refused:
        prepare(Bundle(1, {}, {}, {key: (Location("a", Span(0, 0, 0, 1)),)}, {}))
    assert str(refused.value).isascii()
