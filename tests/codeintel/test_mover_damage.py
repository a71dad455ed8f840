"""What is no bundle, or not quite one: the file with its reason, or the row with its own."""

from __future__ import annotations

import errno
import os
import random
import re
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle
from codeintel.mover import source, transfer
from codeintel.mover.copy import Outcome
from codeintel.mover.move import Moved, move, waiting
from codeintel.store.bundle_file import write_bundle
from codeintel.store.folder import BundleFolder
from codeintel.store.rows import DOCUMENTS, METADATA
from codeintel.worker import prepare
from outofband.backfill import Damaged

Store = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def pristine(click_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of a bundle."""
    path = tmp_path_factory.mktemp("bundle") / "sqlite.db"
    write_bundle(path, prepare(click_bundle))
    return path.read_bytes()


@pytest.fixture
def bundle(folder: BundleFolder, pristine: bytes) -> Path:
    """The file of dump 7, whole so far."""
    path = folder.bundle(7)
    path.parent.mkdir(parents=True)
    path.write_bytes(pristine)
    return path


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield the file open for writing, in a transaction."""
    with closing(sqlite3.connect(path)) as file, file:
        yield file


def sql(*statements: str) -> Callable[[Path], None]:
    """Return what runs statements on a bundle."""

    def run(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            for statement in statements:
                file.execute(statement)

    return run


def truncated(share: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def overwritten(path: Path) -> None:
    """Write nonsense over pages in the middle of the file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 8192)


def rewritten(old: bytes, new: bytes) -> Callable[[Path], None]:
    """Return what writes other bytes where some stand first in the file."""

    def run(path: Path) -> None:
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new, 1))

    return run


def damaged_in_turn(*damages: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda path: [damage(path) for damage in damages] and None


def linked(path: Path) -> None:
    os.symlink(path.rename(path.with_name("elsewhere")).name, path)


def with_a_log(suffix: str) -> Callable[[Path], None]:
    return lambda path: Path(f"{path}{suffix}").write_bytes(b"x") and None


UNUSABLE = {
    "empty": (lambda path: os.truncate(path, 0), "it is empty"),
    "text": (lambda path: path.write_text("not a database, but a text") and None, "no SQLite"),
    "cut in the first page": (truncated(0.001), "SQLite"),
    "cut in half": (truncated(0.5), "malformed"),
    "cut at its end": (truncated(0.99), "malformed|damaged"),
    "overwritten": (overwritten, "damaged|malformed"),
    "another version": (
        sql("UPDATE schema_version SET version = '4'"),
        "schema version is '4', not '5'",
    ),
    "no version": (sql("DELETE FROM schema_version"), "schema version is missing"),
    "two versions": (sql("INSERT INTO schema_version VALUES ('6')"), "'5', '6'"),
    "of the first version": (sql("DROP TABLE schema_version"), "no table schema_version"),
    "foreign": (
        sql("DROP TABLE documents", "CREATE TABLE documents (name text, body blob)"),
        "documents has the columns name, body",
    ),
    "a view": (
        sql("DROP TABLE documents", "CREATE VIEW documents AS SELECT 'a' AS path, x'00' AS data"),
        "no table documents",
    ),
    "no metadata": (sql("DELETE FROM meta"), "no single positive number"),
    "metadata twice": (sql("INSERT INTO meta VALUES (1)"), "no single positive number"),
    "metadata of a wrong type": (sql("UPDATE meta SET num_result_chunks = 'x'"), "no single"),
    "no chunks": (sql("UPDATE meta SET num_result_chunks = 0"), "no single positive number"),
    "a key that is another in its index": (
        rewritten(b"click/core.py", b"click/cora.py"),
        "missing from index",
    ),
    "of which what is wrong is no text": (
        damaged_in_turn(
            rewritten(b"tablemetameta", b"table\xcaetameta"),
            rewritten(b'CREATE TABLE "meta"', b'XREATE TABLE "meta"'),
        ),
        "SQLite cannot read it, nor say why",
    ),
    "a link": (linked, "it is a link: put the file itself into its place"),
    "a log of a writer": (with_a_log("-wal"), "a writer is at work, or died"),
    "a journal of a writer": (with_a_log("-journal"), "a writer is at work, or died"),
}


@pytest.mark.parametrize(("damage", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_is_no_bundle_stays_where_it_is_and_is_told_with_the_reason(
    migrated: Store,
    folder: BundleFolder,
    bundle: Path,
    damage: Callable[[Path], None],
    reason: str,
) -> None:
    damage(bundle)
    before = bundle.read_bytes()
    moved = move(migrated, folder, 7)
    assert moved.copied is None
    assert re.search(reason, moved.reason)
    assert bundle.read_bytes() == before
    assert nothing_of(migrated, 7)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def leading_nowhere(path: Path) -> None:
    path.unlink()
    os.symlink("/nowhere/sqlite.db", path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [(piped, "it is no file"), (a_folder, "it is no file"), (leading_nowhere, "it is a link")],
)
def test_what_is_no_file_is_not_passed_over(
    migrated: Store, folder: BundleFolder, bundle: Path, make: Callable[[Path], None], reason: str
) -> None:
    make(bundle)
    assert waiting(folder) == [7]
    assert reason in move(migrated, folder, 7).reason


def test_a_file_that_may_not_be_read_is_told_and_stays(
    migrated: Store, folder: BundleFolder, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(bundle))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", refused)
        assert waiting(folder) == [7]
        assert move(migrated, folder, 7).reason == "it cannot be read: Permission denied"
    assert nothing_of(migrated, 7)
    assert moved_whole(move(migrated, folder, 7))


def test_a_file_that_cannot_be_renamed_is_told_and_renamed_by_the_next_move(
    migrated: Store, folder: BundleFolder, bundle: Path
) -> None:
    (folder.root / "db-backups").write_text("a file where a folder should be")
    told = "its rows are in Postgres, and it cannot be renamed: File exists"
    assert move(migrated, folder, 7).reason == told
    assert bundle.exists()
    (folder.root / "db-backups").unlink()
    moved = move(migrated, folder, 7)
    assert moved.copied
    assert moved.copied.outcome is Outcome.THERE
    assert folder.backup(7).exists()


def endless(path: Path) -> None:
    """Let pages of a table's tree point at one another, so that each row is read very often."""
    with closing(sqlite3.connect(path)) as file:
        [(page,)] = file.execute("PRAGMA page_size")
        [(root,)] = file.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'references'")
    content = bytearray(path.read_bytes())
    children = interior(content, page, root)
    leaf, *levels = children[:4]
    for level in levels:
        content[(level - 1) * page : level * page] = pointing(content, page, root, leaf)
        leaf = level
    content[(root - 1) * page : root * page] = pointing(content, page, root, leaf)
    path.write_bytes(content)


def interior(content: bytearray, page: int, number: int) -> list[int]:
    """Return the pages below an interior page (SQLite's file format, 1.6)."""
    return [struct.unpack_from(">I", content, at)[0] for at in cells(content, page, number)]


def cells(content: bytearray, page: int, number: int) -> list[int]:
    begin = (number - 1) * page
    kind, _, count = struct.unpack_from(">BHH", content, begin)
    assert kind == 5
    offsets = struct.unpack_from(f">{count}H", content, begin + 12)
    return [begin + offset for offset in offsets]


def pointing(content: bytearray, page: int, number: int, child: int) -> bytes:
    """Return an interior page with another child in the place of each of its own."""
    begin = (number - 1) * page
    changed = content[:]
    for at in [*cells(content, page, number), begin + 8]:
        struct.pack_into(">I", changed, at, child)
    return bytes(changed[begin : begin + page])


def test_a_file_whose_pages_would_be_read_without_end_is_left_soon(
    migrated: Store, folder: BundleFolder, bundle: Path
) -> None:
    endless(bundle)
    assert "references has more rows than the file has room for" in move(migrated, folder, 7).reason
    assert nothing_of(migrated, 7)


def test_a_file_that_is_damaged_is_told_as_that_where_its_rows_are_refused(
    migrated: Store, folder: BundleFolder, bundle: Path
) -> None:
    with closing(sqlite3.connect(bundle)) as file:
        [(page,)] = file.execute("PRAGMA page_size")
        [(root,)] = file.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'references'")
    content = bytearray(bundle.read_bytes())
    first, second, *_ = cells(content, page, root)
    content[second : second + 4] = content[first : first + 4]
    bundle.write_bytes(content)
    assert "SQLite finds it damaged" in move(migrated, folder, 7).reason
    assert nothing_of(migrated, 7)


def test_what_is_wrong_with_a_file_that_was_replaced_meanwhile_is_not_said_of_the_new_one(
    migrated: Store,
    folder: BundleFolder,
    bundle: Path,
    pristine: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = source.Bundle.check

    def replaced(_: source.Bundle) -> None:
        monkeypatch.setattr(source.Bundle, "check", check)
        other = bundle.with_name("other")
        other.write_bytes(pristine)
        other.replace(bundle)
        raise Damaged("it was")

    monkeypatch.setattr(source.Bundle, "check", replaced)
    assert moved_whole(move(migrated, folder, 7))


def nothing_of(store: Store, dump_id: int) -> bool:
    tables = (METADATA, DOCUMENTS, "lsif_data_result_chunks", "lsif_moved_bundles")
    return not any(
        store.execute(f"SELECT FROM {t} WHERE dump_id = %s", [dump_id]).fetchall() for t in tables
    )


def test_a_file_that_is_locked_is_told_and_moved_when_it_is_free(
    migrated: Store, folder: BundleFolder, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_PATIENCE", 0.01)
    with closing(sqlite3.connect(bundle, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert "locked: a writer has it open" in move(migrated, folder, 7).reason
        writer.execute("ROLLBACK")
    assert moved_whole(move(migrated, folder, 7))


def moved_whole(moved: Moved) -> bool:
    assert moved.copied, moved.reason
    return moved.copied.outcome is Outcome.MOVED and not moved.copied.left_out


def test_a_bundle_beside_a_damaged_one_is_moved(
    migrated: Store, folder: BundleFolder, bundle: Path, pristine: bytes
) -> None:
    os.truncate(bundle, 5000)
    other = folder.bundle(8)
    other.parent.mkdir()
    other.write_bytes(pristine)
    reasons = {dump_id: move(migrated, folder, dump_id).reason for dump_id in waiting(folder)}
    assert reasons[8] == ""
    assert reasons[7]


KEY = "INSERT INTO documents VALUES (%s, x'00')"
MONIKER = "INSERT INTO \"references\" VALUES ('s', %s, x'00')"
WRONG_ROWS = {
    "a NUL in a path": (KEY % "CAST(x'610062' AS text)", r"documents 'a\x00b'", "22021"),
    "a path that is no UTF-8": (KEY % "CAST(x'61ff' AS text)", "documents 'a", "22021"),
    "half a surrogate pair": (KEY % "CAST(x'eda080' AS text)", "documents '", "22021"),
    "a path that is a blob": (KEY % "x'61'", "documents rowid", "path is blob, not text"),
    "a blob that is text": (
        "INSERT INTO documents VALUES ('z', 'text')",
        "documents rowid",
        "data is text, not blob",
    ),
    "a blob that is a number": (
        "INSERT INTO documents VALUES ('z', 1.5)",
        "documents rowid",
        "data is real, not blob",
    ),
    "a chunk beyond an integer": (
        "INSERT INTO result_chunks VALUES (2147483648, x'00')",
        "result_chunks rowid 2147483648",
        "a number is too large",
    ),
    "an identifier too long for the key": (
        MONIKER % f"'{random.Random(6).randbytes(4000).hex()}'",
        "references 's'",
        "54000",
    ),
}


@pytest.mark.parametrize(("statement", "key", "reason"), WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_a_row_that_postgres_cannot_hold_is_told_and_the_others_are_moved(
    migrated: Store, folder: BundleFolder, bundle: Path, statement: str, key: str, reason: str
) -> None:
    sql(statement)(bundle)
    file = bundle.read_bytes()
    moved = move(migrated, folder, 7)
    assert moved.copied, moved.reason
    [left_out] = moved.copied.left_out
    assert left_out.key.startswith(key)
    assert left_out.reason.startswith(reason)
    [(documents,)] = migrated.execute(f"SELECT count(*) FROM {DOCUMENTS} WHERE dump_id = 7")
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.deserialize(file)
        [(in_file,)] = copy.execute("SELECT count(*) FROM documents")
    assert documents == in_file - left_out.key.startswith("documents")


def test_a_file_of_which_a_row_was_left_out_is_no_backup_that_a_janitor_may_delete(
    migrated: Store, folder: BundleFolder, bundle: Path
) -> None:
    sql(*(KEY % f"'{n}'" for n in range(3)), KEY % "x'61'")(bundle)
    file = bundle.read_bytes()
    move(migrated, folder, 7)
    assert folder.backups() == []
    assert (folder.root / "db-quarantine" / "7.db").read_bytes() == file


def test_of_a_key_that_is_there_twice_the_first_row_is_moved(
    migrated: Store, folder: BundleFolder, bundle: Path
) -> None:
    sql(
        "DROP TABLE documents",
        "CREATE TABLE documents (path text, data blob)",
        "INSERT INTO documents VALUES ('b', x'00'), ('a', x'01'), ('b', x'02'), ('c', x'03')",
        "INSERT INTO documents VALUES ('b', x'04')",
    )(bundle)
    moved = move(migrated, folder, 7)
    assert moved.copied, moved.reason
    assert [row.key for row in moved.copied.left_out] == ["documents 'b'", "documents 'b' (2)"]
    assert moved.copied.left_out[0].reason.startswith("23505")
    stored = migrated.execute(f"SELECT path, data FROM {DOCUMENTS} ORDER BY path").fetchall()
    assert stored == [("a", b"\1"), ("b", b"\0"), ("c", b"\3")]


def test_a_file_of_which_most_is_wrong_is_left_alone(
    migrated: Store, folder: BundleFolder, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_MOST_LEFT_OUT", 3)
    sql(*(KEY % f"x'{n:02x}'" for n in range(9)))(bundle)
    assert "more than 3 rows of it cannot be moved" in move(migrated, folder, 7).reason
    assert waiting(folder) == [7]


def test_what_is_told_of_a_row_says_nothing_of_its_blob(
    migrated: Store, folder: BundleFolder, bundle: Path
) -> None:
    with changing(bundle) as file:
        file.execute("INSERT INTO documents VALUES (CAST(x'00' AS text), ?)", [b"secret" * 9])
    moved = move(migrated, folder, 7)
    assert moved.copied
    assert "secret" not in repr(moved)
