"""The engine runs the move and the way back: a bundle is a unit, done once."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from codeintel import worker
from codeintel.bundle import Bundle
from codeintel.mode import Mode, switch
from codeintel.mover.move import waiting
from codeintel.mover.spec import BUNDLES, Bundles
from codeintel.roles import FILES, Role, alive, register
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import Rows
from codeintel.worker import prepare
from copying import NAME, run
from outofband.backfill import Batch, Cursor, Progress, Size, Spec, Unit
from outofband.backfill.orders import Orders
from outofband.backfill.outcome import Verdict
from outofband.postgres.session import Session
from outofband.postgres.source import Url

Store = psycopg.Connection[Any]
_ANY = Size(1, 1)
SPEC = Bundles(replace(BUNDLES.limits, max_cpu=None, yield_to_autovacuum=False))


@pytest.fixture(scope="module")
def rows(click_bundle: Bundle) -> Rows:
    return prepare(click_bundle)


@pytest.fixture
def five(
    migrated: Store, folder: BundleFolder, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> BundleFolder:
    """Five bundles that wait, where the spec finds them."""
    monkeypatch.setenv("BUNDLE_DIR", str(folder.root))
    switch(migrated, Mode.SQLITE)
    for dump_id in range(1, 6):
        worker.write(migrated, folder, dump_id, rows)
    switch(migrated, Mode.BOTH)
    return folder


def engine(url: str, spec: Spec) -> Verdict:
    return run(url, spec, table="lsif_data_documents", places=(socket.gethostname(),)).verdict


def progress(store: Store) -> Progress:
    return BUNDLES.progress(store)


def test_the_engine_moves_every_bundle_and_gives_every_dump_back(
    migrated_url: str, migrated: Store, five: BundleFolder
) -> None:
    assert progress(migrated) == Progress(0, 5, "bundles")
    assert engine(migrated_url, SPEC) is Verdict.FINISHED
    assert PostgresStore(migrated).dumps() == [1, 2, 3, 4, 5]
    assert waiting(five) == []
    assert progress(migrated) == Progress(5, 5, "bundles")
    assert list(BUNDLES.verify(migrated)) == []
    migrated.execute("DELETE FROM outofband.backfill")
    assert engine(migrated_url, SPEC.reverse()) is Verdict.FINISHED
    assert PostgresStore(migrated).dumps() == []
    assert five.bundles() == [1, 2, 3, 4, 5]


def test_the_engine_gives_each_dump_back_on_the_host_that_it_was_moved_from(
    migrated_url: str, migrated: Store, five: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine(migrated_url, SPEC) is Verdict.FINISHED
    migrated.execute("UPDATE lsif_moved_bundles SET host = 'disk-7' WHERE dump_id = 2")
    switch(migrated, Mode.SQLITE)
    migrated.execute("DELETE FROM outofband.backfill")
    back = run(migrated_url, SPEC.reverse(), places=(socket.gethostname(),), table="lsif_mode")
    assert (back.verdict, back.do) == (Verdict.ELSEWHERE, "Run it there")
    assert PostgresStore(migrated).dumps() == [2]
    monkeypatch.setenv("OUTOFBAND_PLACE", "disk-7")
    back = run(migrated_url, SPEC.reverse(), places=("disk-7",), table="lsif_mode")
    assert back.verdict is Verdict.FINISHED
    assert five.bundles() == [1, 2, 3, 4, 5]


def test_a_damaged_bundle_and_its_reason_are_in_quarantine_and_the_others_are_moved(
    migrated_url: str, migrated: Store, five: BundleFolder
) -> None:
    os.truncate(five.bundle(3), 9_000)
    assert engine(migrated_url, SPEC) is Verdict.QUARANTINED
    assert PostgresStore(migrated).dumps() == [1, 2, 4, 5]
    assert progress(migrated) == Progress(4, 5, "bundles")
    [(key, reason)] = migrated.execute(
        "SELECT key, reason FROM outofband.backfill_unit WHERE quarantined_at IS NOT NULL"
    ).fetchall()
    assert key == "3"
    assert "SQLite" in reason


def test_a_mover_that_died_before_the_rename_is_followed_by_one_that_renames(
    migrated: Store, five: BundleFolder
) -> None:
    [unit, *_] = SPEC.units(migrated)
    with migrated.transaction():
        first = SPEC.batch(migrated, unit, None, _ANY)
    assert progress(migrated) == Progress(0, 5, "bundles")
    with migrated.transaction():
        assert SPEC.batch(migrated, unit, first.cursor, _ANY) == Batch()
    assert progress(migrated) == Progress(1, 5, "bundles")
    assert five.backup(int(unit.key)).exists()


def test_a_file_that_was_replaced_before_the_rename_is_copied_again(
    migrated: Store, five: BundleFolder, rows: Rows
) -> None:
    [unit, *_] = SPEC.units(migrated)
    with migrated.transaction():
        first = SPEC.batch(migrated, unit, None, _ANY)
    switch(migrated, Mode.SQLITE)
    fewer = replace(rows, references=rows.references[1:])
    worker.write(migrated, five, int(unit.key), fewer, replace=True)
    with migrated.transaction():
        second = SPEC.batch(migrated, unit, first.cursor, _ANY)
    assert second.rows == len(fewer)
    with migrated.transaction():
        assert SPEC.batch(migrated, unit, second.cursor, _ANY).cursor is None
    assert five.backup(int(unit.key)).exists()


def test_what_writers_keep_beside_their_rows_is_no_unit(
    migrated: Store, five: BundleFolder, rows: Rows
) -> None:
    switch(migrated, Mode.BOTH)
    worker.write(migrated, five, 6, rows)
    worker.delete(migrated, five, 5)
    assert {unit.key for unit in SPEC.units(migrated)} == {"1", "2", "3", "4"}


@pytest.mark.usefixtures("five")
def test_the_engines_mover_is_on_the_register_while_it_is_at_work(
    migrated_url: str, migrated: Store
) -> None:
    seen: list[tuple[str, str]] = []

    class Looking(Bundles):
        def batch(self, connection: Store, unit: Unit, cursor: Cursor, size: Size) -> Batch:
            seen.extend((one.role.role, one.role.mode) for one in alive(migrated))
            return super().batch(connection, unit, cursor, size)

    assert engine(migrated_url, Looking(SPEC.limits)) is Verdict.FINISHED
    assert set(seen) == {("mover", "backfill")}
    assert alive(migrated) == []


def test_the_engines_mover_refuses_while_a_reader_that_knows_files_alone_is_alive(
    migrated_url: str, migrated: Store, five: BundleFolder
) -> None:
    register(migrated, Role("reader", "sqlite", frozenset({FILES}), "3.20"))
    outcome = run(migrated_url, SPEC, table="lsif_data_documents")
    assert outcome.verdict is Verdict.STUCK
    assert outcome.why.startswith("moving bundles is refused: reader 3.20, process ")
    assert waiting(five) == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("five")
def test_the_engine_moves_nothing_while_writers_write_files_alone(
    migrated_url: str, migrated: Store
) -> None:
    switch(migrated, Mode.SQLITE)
    outcome = run(migrated_url, SPEC, table="lsif_data_documents")
    assert outcome.verdict is Verdict.STUCK
    assert outcome.why.startswith("moving bundles is refused: the mode is sqlite")
    assert outcome.do.startswith("Run codeintel mode both")
    assert PostgresStore(migrated).dumps() == alive(migrated) == []


def test_it_is_not_finished_while_a_host_that_knows_files_has_not_listed_its_own(
    migrated_url: str, migrated: Store, five: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setenv("OUTOFBAND_PLACE", "disk-7")
        register(migrated, Role("reader", "fallback"))
    assert engine(migrated_url, SPEC) is Verdict.ELSEWHERE
    assert waiting(five) == []
    monkeypatch.setenv("OUTOFBAND_PLACE", "disk-7")
    monkeypatch.setenv("BUNDLE_DIR", str(five.root / "elsewhere"))
    refused = run(migrated_url, SPEC, table="lsif_data_documents", places=("disk-7",))
    assert refused.why.startswith("the bundles of disk-7 are not listed: there is no folder ")
    assert refused.do.startswith("Set BUNDLE_DIR to where they are")
    (five.root / "elsewhere").mkdir()
    listed = run(migrated_url, SPEC, table="lsif_data_documents", places=("disk-7",))
    assert listed.verdict is Verdict.FINISHED


def test_hosts_are_those_on_the_register_and_those_named(
    migrated: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(SPEC.hosts(migrated)) == []
    register(migrated, Role("writer", "both"))
    monkeypatch.setenv("BUNDLE_HOSTS", "disk-7, disk-8")
    assert list(SPEC.hosts(migrated)) == sorted({"disk-7", "disk-8", socket.gethostname()})


def test_a_file_that_is_given_up_stays_and_is_read_from_there(
    migrated_url: str, five: BundleFolder
) -> None:
    os.truncate(five.bundle(3), 9_000)
    assert engine(migrated_url, SPEC) is Verdict.QUARANTINED
    with Session(Url(migrated_url)) as session:
        orders = Orders(session, NAME, "codeintel.mover.spec:BUNDLES")
        assert orders.abandon("unit", "3", "nobody has asked for it since March") == 1
    assert engine(migrated_url, SPEC) is Verdict.FINISHED
    assert five.bundles() == [3]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM lsif_data_documents WHERE path = 'click/core.py'", "rows of"),
        ("UPDATE lsif_data_references SET data = '' WHERE identifier < 'm'", "another checksum"),
        ("DELETE FROM lsif_data_metadata", "has no metadata"),
        ("UPDATE lsif_moved_bundles SET sha256 = ''", "has changed since it was moved"),
    ],
)
def test_what_has_changed_since_is_told(
    migrated: Store, five: BundleFolder, change: str, told: str
) -> None:
    for unit in list(SPEC.units(migrated))[:2]:
        with migrated.transaction():
            first = SPEC.batch(migrated, unit, None, _ANY)
        with migrated.transaction():
            SPEC.batch(migrated, unit, first.cursor, _ANY)
    assert list(SPEC.verify(migrated)) == []
    migrated.execute(change)
    wrong = list(SPEC.verify(migrated))
    assert len(wrong) == 2
    assert all(told in sentence for sentence in wrong)
    assert len(waiting(five)) == 3
