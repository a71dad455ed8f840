"""A bundle becomes rows, each once, and its file a backup, whatever else happens meanwhile."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

import suites
from codeintel.bundle import Bundle
from codeintel.mode import Mode, WritesUnderWay, switch
from codeintel.mover import copy as copying
from codeintel.mover.copy import BundleChanged, Outcome, copy
from codeintel.mover.move import Moved, move, waiting
from codeintel.mover.retire import retire
from codeintel.mover.tables import TABLES
from codeintel.roles import MoveNotBegun, Role, StoresUnknown, register
from codeintel.store.bundle_file import write_bundle
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import DOCUMENTS, METADATA, MetadataRow, Rows
from codeintel.worker import prepare

Store = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def rows(click_bundle: Bundle) -> Rows:
    return prepare(click_bundle)


def fewer(rows: Rows) -> Rows:
    """Another state of the dump."""
    return Rows(
        MetadataRow(rows.metadata.num_result_chunks),
        rows.documents[1:],
        rows.result_chunks,
        rows.definitions[3:],
        rows.references,
    )


def write(folder: BundleFolder, dump_id: int, rows: Rows) -> Path:
    """Write a bundle in the place of the one that is there, as a writer does."""
    path = folder.bundle(dump_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    write_bundle(partial, rows)
    return partial.rename(path)


def in_file(path: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Return keys and blobs by table."""
    with closing(sqlite3.connect(path)) as file:
        return {
            table.name: set(file.execute(f'SELECT * FROM "{table.source}"')) for table in TABLES
        }


def in_postgres(store: Store, dump_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Return keys and blobs by table; lists, since a row may be there twice."""
    found = {}
    for table in TABLES:
        columns = ", ".join(column.name for column in table.columns)
        sql = f"SELECT {columns} FROM {table.name} WHERE dump_id = %s"
        found[table.name] = store.execute(sql, [dump_id]).fetchall()
    return found


def assert_whole(store: Store, dump_id: int, path: Path) -> None:
    """Assert that each row of a file is in Postgres once, byte for byte, and nothing else is."""
    stored = in_postgres(store, dump_id)
    assert {table: set(rows) for table, rows in stored.items()} == in_file(path)
    assert all(len(rows) == len(set(rows)) for rows in stored.values())
    sql = f"SELECT num_result_chunks FROM {METADATA} WHERE dump_id = %s"
    with closing(sqlite3.connect(path)) as file:
        assert (
            store.execute(sql, [dump_id]).fetchall()
            == file.execute("SELECT * FROM meta").fetchall()
        )


def outcome(moved: Moved) -> Outcome:
    assert moved.copied, moved.reason
    return moved.copied.outcome


def test_each_row_is_in_postgres_once_and_byte_for_byte(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    moved = move(migrated, folder, 7)
    assert outcome(moved) is Outcome.MOVED
    assert moved.copied is not None
    assert moved.copied.rows == len(rows)
    assert_whole(migrated, 7, folder.backup(7))


def test_a_moved_file_is_a_backup_and_its_place_is_empty(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    before = write(folder, 7, rows).read_bytes()
    move(migrated, folder, 7)
    assert folder.backup(7).read_bytes() == before
    assert list((folder.root / "dbs").iterdir()) == []


def test_counts_that_nobody_has_counted_are_marked(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    move(migrated, folder, 7)
    for table, count in ((DOCUMENTS, "num_diagnostics"), ("lsif_data_references", "num_locations")):
        versions = migrated.execute(f"SELECT DISTINCT schema_version, {count} FROM {table}")
        assert versions.fetchall() == [(1, 0)]


def test_the_largest_begins_first(folder: BundleFolder, rows: Rows) -> None:
    write(folder, 1, fewer(rows))
    write(folder, 2, rows)
    folder.bundle(3).parent.mkdir()
    assert waiting(folder) == [2, 1]


def test_of_a_copy_that_is_rolled_back_nothing_is_left(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    with migrated.transaction(force_rollback=True):
        copy(migrated, folder, 7)
    assert not any(in_postgres(migrated, 7).values())
    assert waiting(folder) == [7]


def test_metadata_comes_last(migrated: Store, folder: BundleFolder, rows: Rows) -> None:
    migrated.execute(
        "CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO order_of_writing VALUES (TG_TABLE_NAME); RETURN NULL; END $$;"
        "CREATE TABLE order_of_writing (name text, at serial)"
    )
    for table in (*(table.name for table in TABLES), METADATA):
        migrated.execute(f"CREATE TRIGGER seen AFTER INSERT ON {table} EXECUTE FUNCTION seen()")
    write(folder, 7, rows)
    move(migrated, folder, 7)
    order = migrated.execute("SELECT name FROM order_of_writing ORDER BY at").fetchall()
    assert order[-1] == (METADATA,)
    assert len(order) == 5


def test_after_a_crash_between_commit_and_rename_only_the_rename_is_done(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    with migrated.transaction():
        copy(migrated, folder, 7)
    [before] = migrated.execute(f"SELECT DISTINCT xmin FROM {DOCUMENTS}").fetchall()
    assert outcome(move(migrated, folder, 7)) is Outcome.THERE
    assert migrated.execute(f"SELECT DISTINCT xmin FROM {DOCUMENTS}").fetchall() == [before]
    assert_whole(migrated, 7, folder.backup(7))


def test_a_rename_that_was_done_is_not_done_again(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    move(migrated, folder, 7)
    with migrated.transaction():
        assert retire(migrated, folder, 7)
    assert outcome(move(migrated, folder, 7)) is Outcome.GONE
    assert_whole(migrated, 7, folder.backup(7))


def test_a_file_that_was_replaced_between_commit_and_rename_is_copied_again(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    with migrated.transaction():
        copied = copy(migrated, folder, 7)
    replaced = write(folder, 7, fewer(rows)).read_bytes()
    with migrated.transaction():
        assert not retire(migrated, folder, 7, copied.file)
        assert not retire(migrated, folder, 7)
    assert outcome(move(migrated, folder, 7)) is Outcome.REPLACED
    assert folder.backup(7).read_bytes() == replaced
    assert_whole(migrated, 7, folder.backup(7))


@pytest.mark.parametrize("to", ["replaced", "deleted"])
def test_of_a_file_that_changes_while_it_is_copied_nothing_is_kept(
    migrated: Store,
    folder: BundleFolder,
    rows: Rows,
    to: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write(folder, 7, rows)
    digest = copying.sha256

    def changing(_: Path) -> bytes:
        monkeypatch.setattr(copying, "sha256", digest)
        if to == "replaced":
            write(folder, 7, fewer(rows))
        else:
            path.unlink()
        return b""

    monkeypatch.setattr(copying, "sha256", changing)
    with pytest.raises(BundleChanged), migrated.transaction():
        copy(migrated, folder, 7)
    assert not any(in_postgres(migrated, 7).values())
    if to == "replaced":
        assert outcome(move(migrated, folder, 7)) is Outcome.MOVED
        assert_whole(migrated, 7, folder.backup(7))
    else:
        assert outcome(move(migrated, folder, 7)) is Outcome.GONE


def test_a_dump_that_was_deleted_does_not_come_back(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    PostgresStore(migrated).delete(7)
    assert outcome(move(migrated, folder, 7)) is Outcome.BURIED
    assert not any(in_postgres(migrated, 7).values())


def test_a_dump_that_is_deleted_between_commit_and_rename_stays_deleted(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    with migrated.transaction():
        copied = copy(migrated, folder, 7)
    PostgresStore(migrated).delete(7)
    with migrated.transaction():
        assert retire(migrated, folder, 7, copied.file)
    assert not folder.backup(7).exists()
    assert outcome(move(migrated, folder, 7)) is Outcome.BURIED
    assert not any(in_postgres(migrated, 7).values())


def test_rows_without_metadata_are_litter_of_a_mover_that_died(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    migrated.execute(f"INSERT INTO {DOCUMENTS} VALUES (7, 'half', '', 1, 0)")
    write(folder, 7, rows)
    assert outcome(move(migrated, folder, 7)) is Outcome.MOVED
    assert_whole(migrated, 7, folder.backup(7))


def test_a_file_that_writers_keep_right_beside_their_rows_is_left_to_them(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    migrated.execute("UPDATE lsif_mode SET mode = 'both'")
    write(folder, 7, rows)
    PostgresStore(migrated).write(7, rows)
    assert outcome(move(migrated, folder, 7)) is Outcome.KEPT
    assert waiting(folder) == [7]


def test_after_the_cut_over_a_file_with_a_writers_rows_is_compared_with_them(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    PostgresStore(migrated).write(7, rows)
    assert outcome(move(migrated, folder, 7)) is Outcome.THERE
    assert_whole(migrated, 7, folder.backup(7))
    write(folder, 8, fewer(rows))
    PostgresStore(migrated).write(8, rows)
    moved = move(migrated, folder, 8)
    assert "Postgres has other rows of this dump" in moved.reason
    assert waiting(folder) == [8]


def test_two_movers_copy_a_bundle_once(
    migrated_url: str, migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    outcomes: list[Outcome] = []
    both = threading.Barrier(2)

    def mover() -> None:
        with psycopg.connect(migrated_url, autocommit=True) as connection:
            both.wait()
            outcomes.append(outcome(move(connection, folder, 7)))

    movers = [threading.Thread(target=mover) for _ in range(2)]
    for thread in movers:
        thread.start()
    for thread in movers:
        thread.join()
    assert outcomes.count(Outcome.MOVED) == 1
    assert set(outcomes) <= {Outcome.MOVED, Outcome.THERE, Outcome.GONE}
    assert_whole(migrated, 7, folder.backup(7))


def test_a_reader_sees_one_state_before_and_after(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    reader = FallbackReader(migrated, folder)
    path = rows.documents[0].path

    def seen() -> tuple[Any, ...]:
        with reader.open(7) as dump:
            return dump.document(path), dump.paths()

    before = seen()
    with migrated.transaction():
        copied = copy(migrated, folder, 7)
    assert seen() == before
    with migrated.transaction():
        retire(migrated, folder, 7, copied.file)
    assert seen() == before


def test_when_the_switch_to_files_alone_has_ended_nothing_becomes_rows(
    migrated: Store, migrated_url: str, folder: BundleFolder, rows: Rows
) -> None:
    write(folder, 7, rows)
    write(folder, 8, rows)
    with psycopg.connect(migrated_url, autocommit=True) as mover:
        with mover.transaction():
            copy(mover, folder, 7)
            with pytest.raises(WritesUnderWay):
                switch(migrated, Mode.SQLITE, timedelta(0))
        switch(migrated, Mode.SQLITE)
        with pytest.raises(MoveNotBegun, match="the mode is sqlite"):
            move(mover, folder, 8)
        with mover.transaction(force_rollback=True):  # as an estimate does
            assert copy(mover, folder, 8, in_any_mode=True).outcome is Outcome.MOVED
    assert waiting(folder) == [7, 8]


@pytest.mark.parametrize("role", ["reader", "janitor"])
def test_nothing_is_moved_from_under_somebody_who_knows_files_alone(
    migrated: Store, folder: BundleFolder, rows: Rows, role: Any
) -> None:
    write(folder, 7, rows)
    migrated.execute("UPDATE lsif_mode SET mode = 'sqlite'")
    register(migrated, Role(role, "sqlite", frozenset({"sqlite"})))
    with pytest.raises(StoresUnknown, match="would not find a dump that is rows alone"):
        move(migrated, folder, 7)
    assert waiting(folder) == [7]


class _Mortal(psycopg.Connection[Any]):
    """A connection whose process, or which itself, ends instead of the round trip ``left`` on."""

    left = 0
    end: Callable[[psycopg.Connection[Any]], None]

    def wait(self, *arguments: Any, **named: Any) -> Any:
        if _Mortal.left == 0:
            _Mortal.end(self)
        _Mortal.left -= 1
        return super().wait(*arguments, **named)


def _kill(_: psycopg.Connection[Any]) -> None:
    os.kill(os.getpid(), 9)


def _cut(connection: psycopg.Connection[Any]) -> None:
    os.close(os.dup2(os.open(os.devnull, os.O_RDWR), connection.fileno()))


def _dies(url: str, folder: BundleFolder, dump_id: int, trips: int, end: Any) -> bool:
    """Move a bundle in a child that ends after so many round trips; answer whether it did."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with _Mortal.connect(url, autocommit=True) as connection:
                _Mortal.left, _Mortal.end = trips, end
                move(connection, folder, dump_id)
                _Mortal.left = -1
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] != 0


@suites.FAULTS
@pytest.mark.parametrize(("end", "every"), [(_kill, 2), (_cut, 3)])
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_whenever_a_mover_dies_each_row_is_moved_once(
    migrated_url: str, migrated: Store, folder: BundleFolder, rows: Rows, end: Any, every: int
) -> None:
    few = Rows(rows.metadata, rows.documents[:3], rows.result_chunks, rows.definitions[:3], ())
    trips, died = 0, True
    while died:
        trips += every
        path = write(folder, trips, few)
        file = path.read_bytes()
        died = _dies(migrated_url, folder, trips, trips, end)
        committed = PostgresStore(migrated).exists(trips)
        kept = path if path.exists() else folder.backup(trips)
        assert kept.read_bytes() == file
        assert committed or (kept == path and not any(in_postgres(migrated, trips).values()))
        assert not committed or any(in_postgres(migrated, trips).values())
        move(migrated, folder, trips)
        assert_whole(migrated, trips, folder.backup(trips))
    assert trips > 20
