"""A reader over both stores while dumps are on their way from one to the other."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import UndefinedTable

from codeintel.bundle import Bundle, Document, Range, Span
from codeintel.store.errors import BundleUnreadable, DumpNotStored
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import Rows
from codeintel.store.sqlite import SqliteStore
from codeintel.worker import prepare

Connection = psycopg.Connection[Any]


def of(*paths: str) -> Rows:
    document = Document({"1": Range(Span(0, 0, 0, 1))}, {}, {}, {})
    return prepare(Bundle(1, dict.fromkeys(paths, document), {}, {}, {}))


@pytest.fixture
def reader(migrated: Connection, folder: BundleFolder) -> FallbackReader:
    return FallbackReader(migrated, folder)


def paths(reader: FallbackReader, dump_id: int) -> list[str]:
    with reader.open(dump_id) as dump:
        return dump.paths()


def test_rows_answer_where_there_are_rows_and_a_file(
    migrated: Connection, folder: BundleFolder, reader: FallbackReader
) -> None:
    SqliteStore(folder).write(1, of("file"))
    PostgresStore(migrated).write(1, of("rows"))
    assert paths(reader, 1) == ["rows"]


def test_a_dump_that_is_moved_between_two_looks_is_found(
    migrated_url: str,
    folder: BundleFolder,
    reader: FallbackReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    SqliteStore(folder).write(1, of("a"))
    look = SqliteStore.open

    def move_and_look(self: SqliteStore, dump_id: int) -> Any:
        with psycopg.connect(migrated_url, autocommit=True) as mover:
            PostgresStore(mover).write(dump_id, of("a"))
        folder.remove(dump_id)
        return look(self, dump_id)

    monkeypatch.setattr(SqliteStore, "open", move_and_look)
    assert paths(reader, 1) == ["a"]


def test_a_request_that_began_in_the_file_ends_in_it(
    migrated_url: str, folder: BundleFolder, reader: FallbackReader
) -> None:
    SqliteStore(folder).write(1, of("a"))
    with reader.open(1) as dump, psycopg.connect(migrated_url, autocommit=True) as mover:
        PostgresStore(mover).write(1, of("b"))
        folder.backup(1).parent.mkdir()
        folder.bundle(1).rename(folder.backup(1))
        assert dump.paths() == ["a"]
        assert dump.exists("a")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            "REVOKE ALL ON lsif_data_metadata FROM PUBLIC, fallback_app",
            psycopg.errors.InsufficientPrivilege,
        ),
        ("ALTER TABLE lsif_data_metadata RENAME TO elsewhere", UndefinedTable),
    ],
    ids=["no right", "no table"],
)
def test_an_error_of_postgres_is_raised_though_there_is_a_file(
    migrated: Connection,
    folder: BundleFolder,
    reader: FallbackReader,
    fault: str,
    error: type[Exception],
) -> None:
    SqliteStore(folder).write(1, of("a"))
    migrated.execute("CREATE ROLE fallback_app")
    try:
        migrated.execute("GRANT ALL ON lsif_data_metadata TO fallback_app")
        migrated.execute(fault)
        migrated.execute("SET ROLE fallback_app" if "REVOKE" in fault else "SELECT 1")
        with pytest.raises(error), reader.open(1):
            pass
    finally:
        migrated.execute("RESET ROLE")
        migrated.execute("DROP OWNED BY fallback_app")
        migrated.execute("DROP ROLE fallback_app")


def test_a_connection_that_is_lost_is_raised_though_there_is_a_file(
    migrated: Connection, folder: BundleFolder, reader: FallbackReader
) -> None:
    SqliteStore(folder).write(1, of("a"))
    with pytest.raises(psycopg.errors.AdminShutdown):
        migrated.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg.OperationalError), reader.open(1):
        pass


def test_pages_over_both_stores_are_whole_and_without_what_is_buried(
    migrated: Connection, folder: BundleFolder, reader: FallbackReader
) -> None:
    for dump_id in (1, 2, 3, 4, 7, 9):
        SqliteStore(folder).write(dump_id, of("a"))
    for dump_id in (2, 5, 8):
        PostgresStore(migrated).write(dump_id, of("a"))
    migrated.execute("INSERT INTO lsif_tombstones (dump_id) VALUES (1), (3)")
    assert reader.dumps(limit=3) == [2, 4, 5]
    assert reader.dumps(after=5, limit=2) == [7, 8]
    assert reader.dumps(after=8) == [9]


def _schema_version(path: Path, version: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute('UPDATE "schema_version" SET "version" = ?', [version])


def _statement(sql: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(sql)

    return damage


DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:5000]), "malformed"),
    "empty": (lambda path: path.write_bytes(b""), "no such table"),
    "a picture": (lambda path: path.write_bytes(b"\x89PNG" * 999), "not a database"),
    "another layout": (lambda path: _schema_version(path, "4"), "its layout is '4'"),
    "no metadata": (_statement('DELETE FROM "meta"'), "number of result chunks"),
    "words for a number": (_statement("UPDATE meta SET num_result_chunks = 'x'"), "chunks"),
    "text for a blob": (_statement("UPDATE documents SET data = 'x'"), "of type str"),
    "not UTF-8": (
        _statement("UPDATE documents SET path = CAST(x'61ff' AS text) WHERE path = 'a'"),
        "UTF-8",
    ),
}


@pytest.mark.parametrize(("damage", "why"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_told_in_words_and_left_as_it_is(
    folder: BundleFolder, damage: Callable[[Path], object], why: str, tmp_path: Path
) -> None:
    store = SqliteStore(folder)
    store.write(1, of("a", *(f"path/{number:04}" for number in range(300))))
    damage(folder.bundle(1))
    shutil.copy(folder.bundle(1), tmp_path / "before")
    with pytest.raises(BundleUnreadable) as told, store.open(1) as dump:
        _ = [dump.exists(path) for path in dump.paths()]
    assert why in str(told.value)
    assert told.value.exit_status == 5
    assert folder.bundle(1).read_bytes() == (tmp_path / "before").read_bytes()


def test_names_that_are_no_ids_are_no_dumps(folder: BundleFolder) -> None:
    SqliteStore(folder).write(7, of("a"))
    for name in ("007", "٣", "-1", "0", "x", "8", "7.ab.partial", "2147483648"):
        (folder.root / "dbs" / name).mkdir()
    for name in ("007", "2147483648"):
        (folder.root / "dbs" / name / "sqlite.db").touch()
    assert folder.bundles() == [7]


def test_a_folder_that_does_not_exist_has_no_dumps(tmp_path: Path) -> None:
    folder = BundleFolder(tmp_path / "nowhere")
    assert (folder.bundles(), folder.backups(), folder.partials()) == ([], [], [])
    with pytest.raises(DumpNotStored), SqliteStore(folder).open(1):
        pass
