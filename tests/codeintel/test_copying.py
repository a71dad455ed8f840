"""One dump, one transaction, into the tables as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle, Diagnostic, Document, Location, MonikerKey, Span
from codeintel.store.blobs import decode_document, decode_locations
from codeintel.store.errors import DumpAlreadyStored, StoreNotMigrated
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import SCHEMA_VERSION, TABLES, DocumentRow, Row, Rows
from codeintel.worker import prepare

Store = psycopg.Connection[Any]
Upgrade = Callable[[str, str], None]


@pytest.fixture(scope="module")
def rows(small_bundle: Bundle) -> Rows:
    return prepare(small_bundle)


def write(store: Store, dump_id: int, rows: Rows) -> None:
    PostgresStore(store).write(dump_id, rows)


def counts(store: Store) -> dict[str, int]:
    return {
        table: store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
        for table in TABLES
    }


def nothing() -> dict[str, int]:
    return dict.fromkeys(TABLES, 0)


def test_a_dump_has_a_row_for_everything_in_its_bundle(store: Store, rows: Rows) -> None:
    write(store, 1, rows)
    assert counts(store) == {table: len(rows.of(table)) for table in TABLES}


def test_rows_carry_the_bundle_into_the_database_and_back(
    store: Store, small_bundle: Bundle, rows: Rows
) -> None:
    write(store, 1, rows)
    documents = store.execute("SELECT path, data FROM lsif_data_documents")
    assert {path: decode_document(data) for path, data in documents} == small_bundle.documents
    references = store.execute("SELECT scheme, identifier, data FROM lsif_data_references")
    found = {MonikerKey(*key): decode_locations(data) for *key, data in references}
    assert found == small_bundle.references


def test_the_same_rows_can_be_uploaded_any_number_of_times(store: Store, rows: Rows) -> None:
    for dump_id in (3, 1, 2):
        write(store, dump_id, rows)
    ids = store.execute("SELECT dump_id FROM lsif_data_metadata ORDER BY 1").fetchall()
    assert ids == [(1,), (2,), (3,)]


@pytest.mark.parametrize("revision", [f"{number:04}" for number in range(1, 13)])
def test_a_dump_can_be_written_at_every_revision(
    store_url: str, store: Store, upgrade: Upgrade, rows: Rows, revision: str
) -> None:
    upgrade(store_url, revision)
    write(store, 1, rows)
    assert counts(store) == {table: len(rows.of(table)) for table in TABLES}


def test_later_columns_are_filled_where_they_exist(
    store_url: str, store: Store, upgrade: Upgrade
) -> None:
    upgrade(store_url, "head")
    diagnostic = Diagnostic(1, "E", "no", "ty", Span(0, 0, 0, 1))
    document = Document({}, {}, {}, {}, (diagnostic,) * 3)
    locations = (Location("a", Span(0, 0, 0, 1)), Location("a", Span(1, 0, 1, 1)))
    key = MonikerKey("s", "i")
    write(store, 1, prepare(Bundle(1, {"a": document}, {}, {key: locations[:1]}, {key: locations})))
    for table, column, count in (
        ("lsif_data_documents", "num_diagnostics", 3),
        ("lsif_data_definitions", "num_locations", 1),
        ("lsif_data_references", "num_locations", 2),
    ):
        found = store.execute(f"SELECT schema_version, {column} FROM {table}").fetchall()
        assert found == [(SCHEMA_VERSION, count)]


def test_a_column_added_between_two_dumps_is_filled_in_the_second(store: Store, rows: Rows) -> None:
    write(store, 1, rows)
    store.execute(
        "ALTER TABLE lsif_data_documents ADD COLUMN schema_version int DEFAULT 1 NOT NULL"
    )
    write(store, 2, rows)
    versions = store.execute(
        "SELECT DISTINCT dump_id, schema_version FROM lsif_data_documents ORDER BY 1"
    ).fetchall()
    assert versions == [(1, 1), (2, 2)]


def test_a_dump_that_is_stored_already_is_not_written_again(store: Store, rows: Rows) -> None:
    write(store, 1, rows)
    before = counts(store)
    with pytest.raises(DumpAlreadyStored, match="dump 1") as refused:
        write(store, 1, rows)
    assert refused.value.exit_status == 3
    assert counts(store) == before


def test_of_two_workers_with_one_dump_only_one_writes(
    store_url: str, store: Store, rows: Rows
) -> None:
    store.execute("ALTER TABLE lsif_data_metadata ADD PRIMARY KEY (dump_id)")
    outcomes: list[str] = []

    def upload() -> None:
        with psycopg.connect(store_url, autocommit=True) as connection:
            try:
                write(connection, 1, rows)
                outcomes.append("written")
            except DumpAlreadyStored:
                outcomes.append("refused")

    workers = [threading.Thread(target=upload) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["refused", "written"]
    assert counts(store) == {table: len(rows.of(table)) for table in TABLES}


class _Dying(tuple[Row, ...]):
    """Rows of which the reading fails after the first."""

    def __iter__(self) -> Iterator[Row]:
        yield DocumentRow("a", b"", 0)
        raise KeyboardInterrupt


def test_a_worker_that_dies_on_the_way_leaves_nothing(store: Store, rows: Rows) -> None:
    dying = Rows(rows.metadata, _Dying(), rows.result_chunks, rows.definitions, rows.references)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        write(store, 1, dying)
    assert counts(store) == nothing()


def test_a_refusal_by_the_last_table_takes_the_others_back(store: Store, rows: Rows) -> None:
    store.execute("ALTER TABLE lsif_data_metadata ADD CHECK (num_result_chunks < 0)")
    with pytest.raises(psycopg.errors.CheckViolation):
        write(store, 1, rows)
    assert counts(store) == nothing()


def test_readers_see_a_dump_whole_or_not_at_all(store_url: str, store: Store, rows: Rows) -> None:
    with psycopg.connect(store_url) as writer:
        with writer.transaction():
            write(writer, 1, rows)
            assert counts(store) == nothing()
        assert counts(store) == {table: len(rows.of(table)) for table in TABLES}


def test_a_surrounding_transaction_decides(store_url: str, store: Store, rows: Rows) -> None:
    with psycopg.connect(store_url) as writer:
        write_then_roll_back = writer.transaction(force_rollback=True)
        with write_then_roll_back:
            write(writer, 1, rows)
    assert counts(store) == nothing()


def test_a_database_without_the_tables_is_told_the_command(database: str, rows: Rows) -> None:
    with (
        psycopg.connect(database, autocommit=True) as empty,
        pytest.raises(StoreNotMigrated, match="alembic upgrade head"),
    ):
        write(empty, 1, rows)


def test_a_missing_column_is_named(store: Store, rows: Rows) -> None:
    store.execute("ALTER TABLE lsif_data_references DROP COLUMN scheme")
    with pytest.raises(StoreNotMigrated, match="lsif_data_references has no column scheme"):
        write(store, 1, rows)
    assert counts(store) == nothing()
