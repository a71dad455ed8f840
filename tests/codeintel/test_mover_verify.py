"""What is committed was compared, whatever it was that changed or doubled it on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle
from codeintel.demo.multiplying import drawn_from_a_queue, insert, ranged_over
from codeintel.mover.checksum import Checksum, Tally, checksum_for
from codeintel.mover.move import move, waiting
from codeintel.mover.source import opened
from codeintel.mover.tables import TABLES, Table
from codeintel.mover.transfer import Transfer
from codeintel.store.bundle_file import write_bundle
from codeintel.store.folder import BundleFolder
from codeintel.store.rows import METADATA, Rows
from codeintel.worker import prepare

Store = psycopg.Connection[Any]

BEFORE_18, SINCE_18 = 170000, 180000
DOCUMENTS = TABLES[0]


@pytest.fixture(scope="module")
def rows(click_bundle: Bundle) -> Rows:
    return prepare(click_bundle)


@pytest.fixture
def bundle(folder: BundleFolder, rows: Rows) -> Path:
    path = folder.bundle(7)
    path.parent.mkdir(parents=True)
    write_bundle(path, rows)
    return path


def stored(store: Store, checksum: Checksum, table: Table) -> Tally:
    row = psycopg.RawCursor(store).execute(checksum.query(table), [7]).fetchone()
    assert row is not None
    return Tally(*map(int, row))


@pytest.mark.parametrize("version", [BEFORE_18, SINCE_18])
def test_both_sides_tally_alike(
    migrated: Store, folder: BundleFolder, bundle: Path, version: int
) -> None:
    if version > migrated.info.server_version:
        pytest.skip("the server has no crc32c()")
    checksum = checksum_for(version)
    with opened(bundle) as (file, _):
        sent = {table: Tally.total(map(checksum.tally, file.batches(table))) for table in TABLES}
    move(migrated, folder, 7)
    assert {table: stored(migrated, checksum, table) for table in TABLES} == sent
    assert all(tally.rows for tally in sent.values())


A, B, C = (b"a", b"1"), (b"b", b"2"), (b"c", b"3")
Rows_ = Sequence[Sequence[bytes]]
CHANGES: dict[str, tuple[Rows_, Rows_]] = {
    "a row is missing": ([A, B, C], [A, C]),
    "a row is there twice": ([A, B], [A, B, B]),
    "one row in the place of another": ([A, B], [A, A]),
    "a bit has changed": ([A], [(b"a", b"0")]),
    "blobs have changed places": ([A, B], [(b"a", b"2"), (b"b", b"1")]),
    "a key grew by what its blob lost": ([(b"a", b"bc")], [(b"ab", b"c")]),
    "a scheme grew by what its identifier lost": ([(b"a", b"bc", b"")], [(b"ab", b"c", b"")]),
}


def tally(checksum: Checksum, rows: Rows_) -> Tally:
    return checksum.tally(list(zip(*rows, strict=True)))


@pytest.mark.parametrize("version", [BEFORE_18, SINCE_18])
@pytest.mark.parametrize(("sent", "came"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_another_tally(version: int, sent: Rows_, came: Rows_) -> None:
    checksum = checksum_for(version)
    assert tally(checksum, sent) != tally(checksum, came)


@pytest.mark.parametrize("version", [BEFORE_18, SINCE_18])
def test_another_order_or_another_cut_into_batches_is_the_same_tally(version: int) -> None:
    checksum = checksum_for(version)
    cut = [tally(checksum, part) for part in ([C], [A, B])]
    assert tally(checksum, [A, B, C]) == Tally.total([*cut, Tally()])


@pytest.mark.usefixtures("bundle")
def test_a_server_that_changes_what_it_is_sent_is_found_out(
    migrated: Store, folder: BundleFolder
) -> None:
    migrated.execute(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.data := '\\x00'; RETURN NEW; END $$;"
        "CREATE TRIGGER spoil BEFORE INSERT ON lsif_data_documents FOR EACH ROW"
        " WHEN (NEW.path = 'click/core.py') EXECUTE FUNCTION spoil()"
    )
    reason = move(migrated, folder, 7).reason
    assert reason.startswith("what Postgres stored is not what was sent")
    assert "lsif_data_documents, but another checksum" in reason
    assert waiting(folder) == [7]
    assert migrated.execute(f"SELECT FROM {METADATA}").fetchall() == []


def without_keys(store: Store) -> None:
    """Take the keys away that the incident's tables did not have."""
    for table in (*(table.name for table in TABLES), METADATA):
        store.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")


def doubled(store: Store) -> dict[str, int]:
    """Return the tables that have rows of one key more than once, and how many too many."""
    keys = {table.name: [column.name for column in table.key] for table in TABLES}
    found = {}
    for table, columns in {**keys, METADATA: []}.items():
        key = ", ".join(("dump_id", *columns))
        sql = f"SELECT count(*) - count(DISTINCT ({key})) FROM {table}"
        [(found[table],)] = store.execute(sql).fetchall()
    return {table: count for table, count in found.items() if count}


def test_the_incidents_inserter_is_found_to_multiply(
    migrated_url: str, migrated: Store, rows: Rows
) -> None:
    without_keys(migrated)
    connections = [psycopg.connect(migrated_url, autocommit=True) for _ in range(3)]
    try:
        with_defaults(migrated)
        insert(connections, 7, rows, ranged_over)
        assert doubled(migrated) == {METADATA: 2}
        insert(connections, 8, rows, drawn_from_a_queue)
        assert doubled(migrated) == {METADATA: 2}
    finally:
        for connection in connections:
            connection.close()


def with_defaults(store: Store) -> None:
    """Let the incident's inserter leave out the columns that came later."""
    for table in TABLES:
        for column in table.extra:
            store.execute(f"ALTER TABLE {table.name} ALTER COLUMN {column} SET DEFAULT 0")


def test_the_mover_does_not_multiply_where_no_key_would_stop_it(
    migrated: Store, folder: BundleFolder, bundle: Path, rows: Rows
) -> None:
    without_keys(migrated)
    move(migrated, folder, 7)
    bundle.parent.mkdir()
    write_bundle(bundle, rows)
    move(migrated, folder, 7)
    assert doubled(migrated) == {}


@pytest.mark.usefixtures("bundle")
def test_a_mover_that_multiplies_does_not_commit(
    migrated: Store, folder: BundleFolder, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_keys(migrated)
    send = Transfer._send

    def twice(self: Transfer, table: Table, packets: Iterable[Any], *then: Any) -> Tally:
        held = list(packets)
        send(self, table, held, *then)
        return send(self, table, held, *then)

    monkeypatch.setattr(Transfer, "_send", twice)
    reason = move(migrated, folder, 7).reason
    assert (
        f"{2 * len(rows.documents)} rows of {len(rows.documents)} in lsif_data_documents" in reason
    )
    assert migrated.execute(f"SELECT FROM {METADATA}").fetchall() == []
