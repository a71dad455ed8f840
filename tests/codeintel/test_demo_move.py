"""What the demonstration of the move would not overlook."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from codeintel import worker
from codeintel.bundle import Bundle
from codeintel.demo.dumps import Dump, Library
from codeintel.demo_move.census import Census, Rows, look_at_rows, read_everything
from codeintel.demo_move.dumps import rows_of, version_of
from codeintel.demo_move.ledger import Ledger
from codeintel.demo_move.play import Verdict
from codeintel.demo_move.traffic import Traffic
from codeintel.store import rows as written
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.worker import prepare

Store = psycopg.Connection[Any]


@pytest.fixture
def library(click_bundle: Bundle) -> Library:
    rows = prepare(click_bundle)
    few = written.Rows(rows.metadata, rows.documents[:2], (), rows.definitions[:9], rows.references)
    return Library((Dump("click", few, 0.0),))


@pytest.fixture
def traffic(migrated_url: str, folder: BundleFolder, library: Library) -> Traffic:
    return Traffic(migrated_url, folder, library, Ledger())


def write(traffic: Traffic, store: Store, dump_id: int, version: int, told: int | None) -> None:
    """Write one version, and tell the ledger of another or the same."""
    traffic.ledger.begin(dump_id, told)
    rows = rows_of(traffic.library, dump_id, version)
    worker.write(store, traffic.folder, dump_id, rows, replace=True)
    traffic.ledger.commit(dump_id)


def test_a_dump_says_which_it_is(migrated: Store, traffic: Traffic) -> None:
    write(traffic, migrated, 7, 4, 4)
    with FallbackReader(migrated, traffic.folder).open(7) as dump:
        assert version_of(dump, 7) == 4
        assert version_of(dump, 8) == -1


@pytest.mark.parametrize(("told", "wrong"), [(2, 0), (1, 1), (None, 1)])
def test_an_answer_is_compared_with_the_ledger(
    migrated: Store, traffic: Traffic, told: int | None, wrong: int
) -> None:
    write(traffic, migrated, 1, 2, told)
    traffic._read(migrated, random.Random(1))
    assert len(traffic.tally.wrong) == wrong


def test_a_dump_that_is_not_found_is_a_wrong_answer(migrated: Store, traffic: Traffic) -> None:
    write(traffic, migrated, 1, 1, 1)
    worker.delete(migrated, traffic.folder, 1)
    traffic._read(migrated, random.Random(1))
    assert len(traffic.tally.wrong) == 1


def test_while_a_dump_is_written_both_versions_are_right() -> None:
    ledger = Ledger()
    ledger.begin(1, 1)
    ledger.commit(1)
    mark = ledger.mark(1)
    ledger.begin(1, 2)
    assert ledger.since(1, mark) == [1, 2]
    ledger.commit(1)
    assert ledger.since(1, ledger.mark(1)) == [2]


def test_the_writer_tells_the_ledger_what_it_did(migrated: Store, traffic: Traffic) -> None:
    write(traffic, migrated, 1, 1, 1)
    chance = random.Random(6)
    for _ in range(12):
        traffic._write(migrated, chance)
    assert set(traffic.tally.counts) == {"write", "replace", "delete"}
    assert look_at_rows(migrated, traffic.library, traffic.ledger) == Rows(0, 0, 0)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("SELECT", Rows(0, 0, 0)),
        ("DELETE FROM lsif_data_metadata WHERE dump_id = 1", Rows(1, 0, 0)),
        ("DELETE FROM lsif_data_references WHERE dump_id = 1", Rows(0, 1, 0)),
        ("UPDATE lsif_data_definitions SET data = '' WHERE dump_id = 2", Rows(0, 1, 0)),
        ("INSERT INTO lsif_data_metadata VALUES (9, 1)", Rows(0, 1, 0)),
        (
            "ALTER TABLE lsif_data_metadata DROP CONSTRAINT lsif_data_metadata_pkey;"
            "INSERT INTO lsif_data_metadata SELECT * FROM lsif_data_metadata WHERE dump_id = 2",
            Rows(0, 0, 1),
        ),
    ],
)
def test_lost_wrong_and_double_rows_are_counted(
    migrated: Store, traffic: Traffic, change: str, found: Rows
) -> None:
    for dump_id in (1, 2):
        write(traffic, migrated, dump_id, 1, 1)
    migrated.execute(change)
    assert look_at_rows(migrated, traffic.library, traffic.ledger) == found


def test_dumps_that_are_lost_wrong_or_risen_are_counted(migrated: Store, traffic: Traffic) -> None:
    for dump_id, told in ((1, 1), (2, 2), (3, None)):
        write(traffic, migrated, dump_id, 1, told)
    traffic.ledger.begin(4, 1)
    reader = FallbackReader(migrated, traffic.folder)
    assert read_everything(reader, traffic.library, traffic.ledger) == Census(3, 1, 2)


def test_only_nothing_is_clean() -> None:
    assert Verdict(0, 0, 0, 0, 0).is_clean
    assert not Verdict(0, 0, 0, 0, 1).is_clean
