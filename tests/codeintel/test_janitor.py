"""What the janitor deletes, and above all what it does not."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle, Document, Range, Span
from codeintel.cli import main
from codeintel.janitor import look
from codeintel.janitor.sweep import Found, Janitor
from codeintel.mode import Mode, switch
from codeintel.roles import FILES, Role, alive, register
from codeintel.store.folder import BundleFolder
from codeintel.store.locks import lock_dump
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import Rows
from codeintel.store.sqlite import SqliteStore
from codeintel.worker import delete, prepare, write

Connection = psycopg.Connection[Any]

HOST = socket.gethostname()
WEEK = timedelta(days=7)


def rows() -> Rows:
    document = Document({"1": Range(Span(0, 0, 0, 1))}, {}, {}, {})
    return prepare(Bundle(1, {"a": document}, {}, {}, {}))


def move(connection: Connection, folder: BundleFolder, dump_id: int, days: int = 8) -> None:
    """Leave a dump as the mover does that moved it some days ago."""
    SqliteStore(folder).write(dump_id, rows())
    PostgresStore(connection).write(dump_id, rows())
    backup = folder.backup(dump_id)
    backup.parent.mkdir(exist_ok=True)
    folder.bundle(dump_id).rename(backup)
    folder.bundle(dump_id).parent.rmdir()
    content = backup.read_bytes()
    connection.execute(
        "INSERT INTO lsif_moved_bundles (dump_id, host, path, bytes, sha256, moved_at) "
        "VALUES (%s, %s, %s, %s, %s, now() - make_interval(days => %s))",
        [
            dump_id,
            HOST,
            f"db-backups/{dump_id}.db",
            len(content),
            hashlib.sha256(content).digest(),
            days,
        ],
    )


def swept(connection: Connection, folder: BundleFolder, *, deletes: bool = True) -> list[Found]:
    return list(Janitor(connection, folder, WEEK, deletes=deletes).sweep())


def test_a_backup_that_nobody_needs_goes_and_its_rows_stay(
    migrated: Connection, folder: BundleFolder
) -> None:
    move(migrated, folder, 1)
    [found] = swept(migrated, folder)
    assert (found.is_gone, found.verdict.goes, folder.backups()) == (True, True, [])
    assert PostgresStore(migrated).exists(1)
    assert swept(migrated, folder) == []


def test_a_dry_run_says_the_same_and_deletes_nothing(
    migrated: Connection, folder: BundleFolder
) -> None:
    move(migrated, folder, 1)
    [found] = swept(migrated, folder, deletes=False)
    assert (found.is_gone, found.verdict.goes, folder.backups()) == (False, True, [1])


def test_who_is_alive_is_asked_once_a_page(
    migrated: Connection, folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dump_id in range(1, 4):
        move(migrated, folder, dump_id)
    asked: list[object] = []
    monkeypatch.setattr(look, "alive", lambda connection: asked.append(connection) or [])
    assert len(swept(migrated, folder, deletes=False)) == 3
    assert len(asked) == 1


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def sql(text: str) -> Callable[[Connection, BundleFolder], object]:
    return lambda connection, _: connection.execute(text)


KEPT: dict[str, tuple[Callable[[Connection, BundleFolder], object], str]] = {
    "moved within the grace period": (
        sql("UPDATE lsif_moved_bundles SET moved_at = now() - interval '6 days'"),
        "within the grace period",
    ),
    "no record of a move": (sql("DELETE FROM lsif_moved_bundles"), "no record"),
    "its rows are gone": (sql("DELETE FROM lsif_data_metadata"), "no record"),
    "one byte more": (lambda _, folder: append(folder.backup(1)), "has changed"),
    "one bit another": (lambda _, folder: flip(folder.backup(1)), "has changed"),
    "moved on another host": (sql("UPDATE lsif_moved_bundles SET host = 'other'"), "on other"),
    "moved to another place": (
        sql("UPDATE lsif_moved_bundles SET path = 'db-backups/2.db'"),
        "what was moved is db-backups/2.db",
    ),
    "mode both": (lambda connection, _: switch(connection, Mode.BOTH), "the mode is both"),
    "mode sqlite": (lambda connection, _: switch(connection, Mode.SQLITE), "the mode is sqlite"),
    "a reader that knows files alone": (
        sql(
            "INSERT INTO lsif_roles (role, host, pid, version, stores, mode) "
            "VALUES ('reader', 'h', 1, '3.20', '{sqlite}', 'sqlite')"
        ),
        "reader 3.20, process 1 on h knows files alone",
    ),
}


@pytest.mark.parametrize(("change", "why"), KEPT.values(), ids=KEPT.keys())
def test_a_backup_is_kept(
    migrated: Connection,
    folder: BundleFolder,
    change: Callable[[Connection, BundleFolder], object],
    why: str,
) -> None:
    move(migrated, folder, 1)
    change(migrated, folder)
    [found] = swept(migrated, folder)
    assert (found.is_gone, found.verdict.goes, folder.backups()) == (False, False, [1])
    assert why in found.verdict.why


def change_the_file(_: Connection, folder: BundleFolder) -> None:
    flip(folder.backup(1))


def go_back(connection: Connection, _: BundleFolder) -> None:
    connection.execute("UPDATE lsif_mode SET mode = 'both'")


def replace_the_dump(connection: Connection, folder: BundleFolder) -> None:
    write(connection, folder, 1, rows(), replace=True)


@pytest.mark.parametrize("meanwhile", [change_the_file, go_back, replace_the_dump])
def test_what_changes_between_the_look_and_the_deletion_is_not_deleted_by_the_former_verdict(
    migrated: Connection,
    migrated_url: str,
    folder: BundleFolder,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[Connection, BundleFolder], None],
) -> None:
    move(migrated, folder, 1)
    read = look.content

    def read_and_change(path: Path) -> object:
        content = read(path)
        with psycopg.connect(migrated_url, autocommit=True) as other:
            meanwhile(other, folder)
        return content

    monkeypatch.setattr(look, "content", read_and_change)
    [found] = swept(migrated, folder)
    assert not found.is_gone


def test_a_dump_that_is_being_changed_is_let_be(
    migrated: Connection, migrated_url: str, folder: BundleFolder
) -> None:
    move(migrated, folder, 1)
    with psycopg.connect(migrated_url) as other:
        lock_dump(other.cursor(), 1)
        [found] = swept(migrated, folder)
    assert (found.is_gone, found.verdict.why) == (False, "its dump is being changed")


@pytest.mark.parametrize("mode", Mode)
def test_no_dump_is_touched_wherever_it_is(
    migrated: Connection, folder: BundleFolder, mode: Mode
) -> None:
    switch(migrated, mode)
    for dump_id in (1, 2):
        write(migrated, folder, dump_id, rows())
    before = migrated.execute("SELECT count(*) FROM lsif_data_documents").fetchone()
    assert list(Janitor(migrated, folder, timedelta(0), deletes=True).sweep()) == []
    assert migrated.execute("SELECT count(*) FROM lsif_data_documents").fetchone() == before
    assert folder.bundles() == ([1, 2] if mode.has_files else [])


def test_what_a_deletion_left_behind_goes_after_the_grace_period(
    migrated: Connection, folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(migrated, Mode.SQLITE)
    write(migrated, folder, 1, rows())
    move(migrated, folder, 2)
    with monkeypatch.context() as patched:
        patched.setattr(BundleFolder, "remove", lambda *_: False)
        for dump_id in (1, 2):
            delete(migrated, folder, dump_id)
    assert [found.is_gone for found in swept(migrated, folder)] == [False, False]
    migrated.execute("UPDATE lsif_tombstones SET buried_at = now() - interval '8 days'")
    assert [found.is_gone for found in swept(migrated, folder)] == [True, True]
    assert (folder.bundles(), folder.backups()) == ([], [])


def test_what_is_in_quarantine_stays_until_its_dump_is_deleted(
    migrated: Connection, folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(migrated, folder, 1)
    folder.quarantined(1).parent.mkdir()
    folder.backup(1).rename(folder.quarantined(1))
    [found] = swept(migrated, folder)
    assert (found.is_gone, "not all of it" in found.verdict.why) == (False, True)
    with monkeypatch.context() as patched:
        patched.setattr(BundleFolder, "remove", lambda *_: False)
        delete(migrated, folder, 1)
    migrated.execute("UPDATE lsif_tombstones SET buried_at = now() - interval '8 days'")
    [found] = swept(migrated, folder)
    assert (found.is_gone, folder.quarantines()) == (True, [])


def test_a_deletion_takes_what_is_in_quarantine(migrated: Connection, folder: BundleFolder) -> None:
    move(migrated, folder, 1)
    folder.quarantined(1).parent.mkdir()
    folder.backup(1).rename(folder.quarantined(1))
    assert delete(migrated, folder, 1)
    assert not folder.quarantined(1).exists()


@pytest.mark.parametrize("grace", [WEEK, timedelta(0)])
def test_a_file_that_a_writer_never_finished_goes_after_the_grace_period_and_an_hour(
    migrated: Connection, folder: BundleFolder, grace: timedelta
) -> None:
    with folder.partial(1) as new, folder.partial(2) as old:
        new.write_bytes(b"new")
        old.write_bytes(b"old")
        os.utime(old, (0, 0))
        sweep = Janitor(migrated, folder, grace, deletes=True).sweep()
        assert {found.path: found.is_gone for found in sweep} == {
            new: False,
            old: True,
        }
        assert folder.partials() == [new]


def test_pages_leave_nothing_out_while_files_go(
    migrated: Connection, folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The incident's janitor paged by offset over what it was deleting, and skipped every other."""
    monkeypatch.setattr("codeintel.janitor.sweep._PAGE", 2)
    for dump_id in (1, 2, 3, 5, 8, 13, 21):
        move(migrated, folder, dump_id, days=6 if dump_id == 5 else 8)
    assert sum(found.is_gone for found in swept(migrated, folder)) == 6
    assert folder.backups() == [5]


def test_a_file_that_cannot_be_read_is_told_and_the_sweep_goes_on(
    migrated: Connection, folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dump_id in (1, 2):
        move(migrated, folder, dump_id)
    read = look.content

    def fail_on_the_first(path: Path) -> object:
        if path == folder.backup(1):
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(look, "content", fail_on_the_first)
    assert [(found.is_gone, found.verdict.why) for found in swept(migrated, folder)] == [
        (False, "Permission denied"),
        (True, "its rows were moved and verified, and it has not changed since"),
    ]


def test_the_command_is_a_dry_run_unless_told_to_delete(
    migrated: Connection,
    migrated_url: str,
    folder: BundleFolder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    move(migrated, folder, 1)
    move(migrated, folder, 2, days=6)
    register(migrated, Role("reader", "fallback"))
    arguments = ["--database-url", migrated_url, "--bundle-dir", str(folder.root)]
    assert main(["janitor", *arguments]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"would delete {folder.backup(1)}, ")
    assert "kept 1: it was moved within the grace period" in err
    assert folder.backups() == [1, 2]
    assert main(["janitor", *arguments, "--delete", "--format", "json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(file["goes"], file["deleted"]) for file in files] == [(True, True), (False, False)]
    assert folder.backups() == [2]
    assert [one.role.role for one in alive(migrated)] == ["reader"], "the janitor has left"


def test_a_janitor_that_would_be_left_behind_does_not_start(migrated: Connection) -> None:
    with pytest.raises(Exception, match="this janitor does not start"):
        register(migrated, Role("janitor", "delete", frozenset({FILES})))
