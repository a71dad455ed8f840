"""A keyset fills every row once, whatever its key is made of."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from outofband.backfill import Cursor, Keyset, Progress, Size
from outofband.backfill.keyset import KeyIsNull

LIKE = "'100%' LIKE '100%%'"  # a percent sign is the author's, and not the driver's
FILL = Keyset(
    table="documents",
    key=["dump_id", "path"],
    set={"bytes": f"CASE WHEN {LIKE} THEN length(data) END"},
    where="bytes IS NULL",
)


@pytest.fixture
def documents(db: Any) -> Any:
    db.sql(
        'CREATE TABLE documents (dump_id int, path text COLLATE "C", data text, bytes int,'
        " PRIMARY KEY (dump_id, path))"
    )
    db.sql(
        "INSERT INTO documents SELECT n % 7, 'p' || n, repeat('x', n)"
        " FROM generate_series(1, 100) AS n"
    )
    return db


def walk(url: str, spec: Keyset, rows: int) -> list[int]:
    with psycopg.connect(url) as connection:
        (unit,) = spec.units(connection)
        sizes, cursor, begun = [], None, False
        while not begun or cursor is not None:
            batch = spec.batch(connection, unit, cursor, Size(rows, 1 << 20))
            sizes.append(batch.rows)
            cursor, begun = batch.cursor, True
        return sizes


@pytest.mark.parametrize("rows", [1, 30, 50, 1000])
def test_a_walk_fills_every_row_by_batches(documents: Any, rows: int) -> None:
    assert sum(walk(documents.url, FILL, rows)) == 100
    assert documents.sql("SELECT count(*) FROM documents WHERE bytes = length(data)") == [100]


@pytest.mark.parametrize("schema", [None, "App"])
def test_a_column_may_be_told_from_one_of_a_subquery(db: Any, schema: str | None) -> None:
    db.sql(
        f'CREATE SCHEMA "App"; SET search_path = "{schema or "public"}";'
        "CREATE TABLE parcels (id int PRIMARY KEY, weight int);"
        "INSERT INTO parcels SELECT generate_series(1, 10);"
        "CREATE TABLE public.items (id int, weight int);"
        "INSERT INTO public.items SELECT n % 10 + 1, n FROM generate_series(1, 30) AS n"
    )
    weight = "(SELECT sum(items.weight) FROM items WHERE items.id = parcels.id)"
    spec = Keyset("parcels", ["id"], {"weight": weight}, "parcels.weight IS NULL", schema=schema)
    walk(db.url, spec, 4)
    assert db.sql("SELECT sum(weight) FROM parcels") == [465]
    with psycopg.connect(db.url) as connection:
        assert list(spec.verify(connection)) == []


def test_a_key_that_holds_null_is_refused_in_words(db: Any) -> None:
    db.sql("CREATE TABLE loose (id int UNIQUE, n int); INSERT INTO loose VALUES (1), (2), (NULL)")
    spec = Keyset("loose", ["id"], {"n": "1"}, "n IS NULL")
    with pytest.raises(KeyIsNull, match="id has NULL in some rows"):
        walk(db.url, spec, 10)


def test_what_is_done_is_not_written_again(documents: Any) -> None:
    documents.sql("UPDATE documents SET bytes = -1 WHERE dump_id = 3")
    walk(documents.url, FILL, 30)
    told = documents.sql("SELECT count(*) FROM documents WHERE bytes = -1")
    assert told == documents.sql("SELECT count(*) FROM documents WHERE dump_id = 3")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uuid", "gen_random_uuid()"),
        ("timestamptz", "now() - n * interval '1 us'"),
        ("numeric", "n / 3.0"),
        ("bytea", "decode(md5(n::text), 'hex')"),
        ("text", "'%s''\\' || n"),
    ],
)
def test_a_cursor_carries_a_key_of_any_type(db: Any, kind: str, value: str) -> None:
    db.sql(f'CREATE TABLE t ("a%b" {kind} PRIMARY KEY, done boolean)')
    db.sql(f"INSERT INTO t SELECT {value} FROM generate_series(1, 50) AS n")
    spec = Keyset(table="t", key=["a%b"], set={"done": "true"}, where="done IS NULL")
    assert sum(walk(db.url, spec, 7)) == 50
    assert db.sql("SELECT count(*) FROM t WHERE done") == [50]


def test_progress_is_what_the_rows_say(documents: Any) -> None:
    documents.sql("UPDATE documents SET bytes = 0 WHERE dump_id IN (0, 1)")
    with psycopg.connect(documents.url) as connection:
        assert FILL.progress(connection) == Progress(29, 100)


def test_verify_tells_what_is_missing_and_what_is_wrong(documents: Any) -> None:
    walk(documents.url, FILL, 1000)
    with psycopg.connect(documents.url) as connection:
        assert list(FILL.verify(connection)) == []
    documents.sql("UPDATE documents SET bytes = NULL WHERE dump_id = 0")
    documents.sql("UPDATE documents SET bytes = -1 WHERE dump_id = 1 AND path < 'p5'")
    with psycopg.connect(documents.url) as connection:
        missing, wrong = FILL.verify(connection)
    assert missing == "rows of documents that are still to be done: 14"
    assert wrong.startswith("rows of documents whose bytes is another than it is filled with: ")


def test_a_cursor_is_a_value_that_json_can_have(documents: Any) -> None:
    import json

    with psycopg.connect(documents.url) as connection:
        (unit,) = FILL.units(connection)
        cursor: Cursor = FILL.batch(connection, unit, None, Size(1, 1)).cursor
    assert json.loads(json.dumps(cursor)) == ["0", "p14"]


def test_a_batch_never_reads_the_whole_table(db: Any) -> None:
    db.sql("CREATE TABLE t (a int, b int, done boolean, PRIMARY KEY (a, b))")
    db.sql("INSERT INTO t SELECT n % 10, n FROM generate_series(1, 20000) AS n")
    db.sql("VACUUM ANALYZE t")
    spec = Keyset(table="t", key=["a", "b"], set={"done": "true"}, where="done IS NULL")
    with psycopg.connect(db.url) as connection:
        (unit,) = spec.units(connection)
        first = spec.batch(connection, unit, None, Size(8000, 1))
        spec.batch(connection, unit, first.cursor, Size(8000, 1))
        scans = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 't'"
        assert connection.execute(scans).fetchone() == (0,)
