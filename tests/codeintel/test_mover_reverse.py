"""The way back: every dump is a file again, and every read is the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel import worker
from codeintel.bundle import Bundle, MonikerKey
from codeintel.mode import Mode, switch
from codeintel.mover import reverse
from codeintel.mover.move import move, waiting
from codeintel.mover.reverse import BundleWrong, Way, give_back_all
from codeintel.store.bundle_file import write_tables
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.store.interface import Reader
from codeintel.store.rows import TABLES, MetadataRow, Rows
from codeintel.store.sqlite import SqliteStore
from codeintel.worker import prepare

Store = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def rows(click_bundle: Bundle) -> Rows:
    return prepare(click_bundle)


def small(rows: Rows, number: int) -> Rows:
    """A dump of its own for each number: small documents, and some of the monikers."""
    few = slice(number % 7, None, 90)
    documents = sorted(rows.documents, key=lambda row: len(row.data))[: 2 + number % 3]
    return Rows(
        MetadataRow(rows.metadata.num_result_chunks),
        tuple(documents),
        rows.result_chunks[number % 2 :: 2],
        rows.definitions[few],
        rows.references[few],
    )


def everything(reader: Reader, rows: Rows) -> Iterator[tuple[Any, ...]]:
    """Yield what a reader answers on every dump."""
    for dump_id in reader.dumps(limit=1_000):
        with reader.open(dump_id) as dump:
            paths = sorted(dump.paths())
            yield dump_id, paths, dump.definitions(paths[0], 3, 8), dump.hover(paths[-1], 3, 8)
            for row in rows.definitions[dump_id % 7 :: 90][:4]:
                key = MonikerKey(row.scheme, row.identifier)
                yield dump.moniker_definitions(key), dump.moniker_references(key)


def no_rows(store: Store) -> bool:
    tables = (*TABLES, "lsif_moved_bundles", "lsif_tombstones")
    return not any(store.execute(f"SELECT FROM {table} LIMIT 1").fetchall() for table in tables)


def test_fifty_dumps_forth_and_seventy_back_are_read_the_same(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    switch(migrated, Mode.SQLITE)
    for dump_id in range(1, 51):
        worker.write(migrated, folder, dump_id, small(rows, dump_id))
    switch(migrated, Mode.BOTH)
    for dump_id in waiting(folder):
        move(migrated, folder, dump_id)
    switch(migrated, Mode.POSTGRES)
    for dump_id in range(51, 71):
        worker.write(migrated, folder, dump_id, small(rows, dump_id))
    worker.write(migrated, folder, 5, small(rows, 1_000), replace=True)
    worker.delete(migrated, folder, 6)
    before = list(everything(FallbackReader(migrated, folder), rows))
    switch(migrated, Mode.SQLITE)
    ways = dict(give_back_all(migrated, folder))
    assert ways == {
        dump_id: Way.WRITTEN if dump_id > 50 or dump_id == 5 else Way.PUT_BACK
        for dump_id in range(1, 71)
        if dump_id != 6
    }
    migrated.execute("DELETE FROM lsif_tombstones WHERE dump_id = 6")
    assert no_rows(migrated)
    assert list(everything(SqliteStore(folder), rows)) == before
    assert list(everything(FallbackReader(migrated, folder), rows)) == before


def test_the_way_back_and_forth_again_moves_each_dump_once_more(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    worker.write(migrated, folder, 1, small(rows, 1))
    list(give_back_all(migrated, folder))
    move(migrated, folder, 1)
    reader = FallbackReader(migrated, folder)
    assert reader.dumps() == [1]
    assert waiting(folder) == []


def test_a_dump_that_writers_keep_as_a_file_too_loses_its_rows_alone(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    switch(migrated, Mode.BOTH)
    worker.write(migrated, folder, 1, small(rows, 1))
    file = folder.bundle(1).read_bytes()
    assert list(give_back_all(migrated, folder)) == [(1, Way.KEPT)]
    assert folder.bundle(1).read_bytes() == file
    assert no_rows(migrated)


@pytest.mark.parametrize("wrong", [b"", b"SQLite format 3\0" + b"x" * 5000])
def test_a_backup_or_file_that_has_changed_is_written_anew(
    migrated: Store, folder: BundleFolder, rows: Rows, wrong: bytes
) -> None:
    switch(migrated, Mode.SQLITE)
    worker.write(migrated, folder, 1, small(rows, 1))
    before = list(everything(SqliteStore(folder), rows))
    switch(migrated, Mode.BOTH)
    move(migrated, folder, 1)
    folder.backup(1).write_bytes(wrong)
    folder.bundle(1).parent.mkdir()
    folder.bundle(1).write_bytes(wrong)
    assert list(give_back_all(migrated, folder)) == [(1, Way.WRITTEN)]
    assert list(everything(SqliteStore(folder), rows)) == before


def test_a_file_of_which_rows_were_left_out_is_put_back_with_them(
    migrated: Store, folder: BundleFolder
) -> None:
    path = folder.bundle(1)
    path.parent.mkdir(parents=True)
    wrong = {"documents": [("a", b"1"), ("b\0", b"2")]}
    write_tables(path, 1, wrong)
    file = path.read_bytes()
    moved = move(migrated, folder, 1)
    assert moved.copied
    assert len(moved.copied.left_out) == 1
    assert list(give_back_all(migrated, folder)) == [(1, Way.PUT_BACK)]
    assert path.read_bytes() == file


def test_rows_stay_while_their_file_is_not_right(
    migrated: Store, folder: BundleFolder, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.write(migrated, folder, 1, small(rows, 1))

    def spoiled(path: Path, chunks: int, tables: dict[str, Any]) -> None:
        write_tables(path, chunks, {**tables, "definitions": []})
        for _ in tables["definitions"]:
            pass

    monkeypatch.setattr(reverse, "write_tables", spoiled)
    with pytest.raises(BundleWrong, match="rows of 0 in lsif_data_definitions"):
        list(give_back_all(migrated, folder))
    assert waiting(folder) == []
    assert folder.partials() == []
    assert FallbackReader(migrated, folder).dumps() == [1]


def test_after_a_crash_before_the_commit_the_next_run_takes_the_rows(
    migrated: Store, folder: BundleFolder, rows: Rows
) -> None:
    switch(migrated, Mode.SQLITE)
    for dump_id in (1, 2):
        worker.write(migrated, folder, dump_id, small(rows, dump_id))
    switch(migrated, Mode.POSTGRES)
    move(migrated, folder, 1)
    worker.write(migrated, folder, 3, small(rows, 3))
    before = list(everything(FallbackReader(migrated, folder), rows))
    with pytest.raises(KeyboardInterrupt):
        for _ in give_back_all(_Dying(migrated), folder):  # type: ignore[arg-type]
            pass
    assert list(everything(FallbackReader(migrated, folder), rows)) == before
    assert [way for _, way in give_back_all(migrated, folder)] == [Way.KEPT, Way.WRITTEN]
    assert list(everything(SqliteStore(folder), rows)) == before


class _Dying:
    """A connection whose process ends instead of its first commit."""

    def __init__(self, connection: Store) -> None:
        self._connection = connection

    def execute(self, *given: Any) -> Any:
        return self._connection.execute(*given)

    def transaction(self) -> Any:
        return _Transaction(self._connection)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _Transaction:
    def __init__(self, connection: Store) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        raise KeyboardInterrupt
