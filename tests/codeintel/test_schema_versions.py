"""Which versions the rows of a dump have: kept by triggers, whoever writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle, Document, Location, MonikerKey, Range, Span
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import Rows
from codeintel.worker import prepare

Connection = psycopg.Connection[Any]

TABLES = ("lsif_data_documents", "lsif_data_definitions", "lsif_data_references")


def rows() -> Rows:
    document = Document({"1": Range(Span(0, 0, 0, 1))}, {}, {}, {})
    key, at = MonikerKey("s", "i"), (Location("a", Span(0, 0, 0, 1)),)
    return prepare(Bundle(1, {"a": document, "b": document}, {}, {key: at}, {key: at}))


def bounds(connection: Connection, table: str) -> list[tuple[int, int, int]]:
    return connection.execute(f"SELECT * FROM {table}_schema_versions ORDER BY dump_id").fetchall()


@pytest.mark.parametrize("table", TABLES)
def test_a_dump_that_is_written_has_its_bounds_and_loses_them_with_its_rows(
    migrated: Connection, table: str
) -> None:
    store = PostgresStore(migrated)
    for dump_id in (1, 2):
        store.write(dump_id, rows())
    assert bounds(migrated, table) == [(1, 2, 2), (2, 2, 2)]
    store.write(1, rows(), replace=True)
    assert bounds(migrated, table) == [(1, 2, 2), (2, 2, 2)]
    store.delete(1)
    assert bounds(migrated, table) == [(2, 2, 2)]


def test_bounds_widen_with_what_comes_and_stay_while_rows_stay(migrated: Connection) -> None:
    statement = (
        "INSERT INTO lsif_data_documents (dump_id, path, schema_version, num_diagnostics) "
        "SELECT dump_id, version::text, version, 0 FROM unnest(%s::int[], %s::int[]) "
        "AS t (dump_id, version)"
    )
    migrated.execute(statement, [[1, 1, 2], [2, 3, 5]])
    assert bounds(migrated, TABLES[0]) == [(1, 2, 3), (2, 5, 5)]
    migrated.execute(statement, [[1, 2], [1, 4]])
    assert bounds(migrated, TABLES[0]) == [(1, 1, 3), (2, 4, 5)]
    migrated.execute("DELETE FROM lsif_data_documents WHERE path = '1'")
    assert bounds(migrated, TABLES[0]) == [(1, 1, 3), (2, 4, 5)]


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("SET schema_version = 4 WHERE path = '2'", [(1, 3, 4), (2, 5, 5)]),
        ("SET schema_version = 3 WHERE path = '2'", [(1, 3, 3), (2, 5, 5)]),
        ("SET schema_version = schema_version + 1", [(1, 3, 4), (2, 6, 6)]),
        ("SET schema_version = 5 - schema_version WHERE dump_id = 1", [(1, 2, 3), (2, 5, 5)]),
        ("SET dump_id = 2 WHERE path = '2'", [(1, 3, 3), (2, 2, 5)]),
        ("SET dump_id = 3 WHERE dump_id = 2", [(1, 2, 3), (3, 5, 5)]),
        ("SET num_diagnostics = 1", [(1, 2, 3), (2, 5, 5)]),
        ("SET schema_version = 9 WHERE false", [(1, 2, 3), (2, 5, 5)]),
    ],
)
def test_bounds_move_with_versions_that_are_changed(
    migrated: Connection, change: str, after: list[tuple[int, int, int]]
) -> None:
    migrated.execute(
        "INSERT INTO lsif_data_documents (dump_id, path, schema_version, num_diagnostics) "
        "VALUES (1, '2', 2, 0), (1, '3', 3, 0), (2, '5', 5, 0)"
    )
    migrated.execute(f"UPDATE lsif_data_documents {change}")
    assert bounds(migrated, TABLES[0]) == after


def test_two_that_change_rows_of_one_dump_at_once_leave_its_true_bounds(
    migrated: Connection, migrated_url: str
) -> None:
    migrated.execute(
        "INSERT INTO lsif_data_documents (dump_id, path, schema_version, num_diagnostics) "
        "VALUES (1, 'a', 2, 0), (1, 'b', 2, 0)"
    )
    change = "UPDATE lsif_data_documents SET schema_version = %s WHERE path = %s"
    with psycopg.connect(migrated_url, autocommit=True) as other, ThreadPoolExecutor(1) as pool:
        with migrated.transaction():
            migrated.execute(change, [0, "a"])
            later = pool.submit(other.execute, change, [3, "b"])
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while migrated.execute(waits).fetchone() == (0,):
                pass
        later.result()
    assert bounds(migrated, TABLES[0]) == [(1, 0, 3)]


def test_a_writer_needs_no_rights_to_tables_that_it_does_not_know(
    migrated: Connection,
) -> None:
    migrated.execute("CREATE ROLE schema_versions_writer")
    try:
        migrated.execute("GRANT SELECT, INSERT ON lsif_data_documents TO schema_versions_writer")
        migrated.execute("SET ROLE schema_versions_writer")
        migrated.execute("INSERT INTO lsif_data_documents VALUES (1, 'a', '', 2, 0)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            migrated.execute("SELECT FROM lsif_data_documents_schema_versions")
        migrated.execute("CREATE TEMP TABLE own (dump_id int, schema_version int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            migrated.execute(
                "CREATE TRIGGER t AFTER INSERT ON own REFERENCING NEW TABLE AS new_rows "
                "FOR EACH STATEMENT EXECUTE FUNCTION lsif_widen_schema_versions()"
            )
    finally:
        migrated.execute("RESET ROLE")
        migrated.execute("DROP OWNED BY schema_versions_writer")
        migrated.execute("DROP ROLE schema_versions_writer")
    assert bounds(migrated, TABLES[0]) == [(1, 2, 2)]


def test_no_name_is_longer_than_postgres_keeps(migrated: Connection) -> None:
    names = migrated.execute(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid "
        "AND indrelid::regclass::text LIKE 'lsif_data_%'"
    ).fetchall()
    built = {name for (name,) in names if "schema_version" in name and "pkey" not in name}
    assert built == {
        name
        for table in TABLES
        for name in (f"{table}_dump_id_schema_version", f"{table}_schema_versions_bounds")
    }
    assert max(map(len, built)) <= 63
