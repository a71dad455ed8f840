"""Who refers to a row is read from whole tables where no index serves: it is said beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.duplicates.policy import KeepNewest
from outofband.runbook.ending import End
from outofband.runbook.preflight import preflight
from outofband.runbook.preflight.references import READ_IN_NO_TIME_BYTES
from outofband.runbook.world import Scope, look

LARGE = READ_IN_NO_TIME_BYTES // 8192 + 1
"""Rows that fill a page each."""
TOLD = "no index of public.parts begins with (doc), which refers to public.docs"


@pytest.fixture
def parts(db: Any) -> Any:
    """Rows that are the same but for their number, and room for many parts that refer to them."""
    db.sql("CREATE TABLE docs (id int PRIMARY KEY, path text)")
    db.sql("INSERT INTO docs VALUES (1, 'a'), (2, 'a'), (3, 'b')")
    db.sql(PARTS)
    fill(db, LARGE)
    return db


PARTS = "CREATE TABLE parts (n int, doc int REFERENCES docs, body char(5000))"


def fill(db: Any, rows: int) -> None:
    db.sql("ALTER TABLE parts ALTER body SET STORAGE PLAIN")
    db.sql(f"INSERT INTO parts SELECT n, 2, '' FROM generate_series(1, {rows}) AS n")


@pytest.fixture
def unique(steps: Any) -> Any:
    return steps.create("u", "docs", "path", unique=True)


def told(db: Any, step: Any) -> list[tuple[str, str]]:
    with Session(Url(db.url)) as session:
        report = preflight(session, look(session, Scope(db.wants(step))))
    assert all(f.step == step and not f.stops for f in report.findings)
    return [(f.what, f.do) for f in report.findings]


@pytest.mark.parametrize(
    ("index", "served"),
    [
        pytest.param("CREATE INDEX ON parts (doc)", True, id="on the column"),
        pytest.param("CREATE INDEX ON parts USING hash (doc)", True, id="hash"),
        pytest.param("CREATE INDEX ON parts (doc, n)", True, id="begins with the column"),
        pytest.param("CREATE INDEX ON parts (n, doc)", False, id="begins with another"),
        pytest.param("CREATE INDEX ON parts (n) INCLUDE (doc)", False, id="only includes it"),
        pytest.param("CREATE INDEX ON parts ((doc + 1))", False, id="on an expression of it"),
        pytest.param("CREATE INDEX ON parts USING brin (doc)", False, id="of no use to look up"),
        pytest.param("CREATE INDEX ON parts (doc) WHERE n > 0", False, id="partial"),
        pytest.param("CREATE INDEX ON parts (doc) WHERE doc IS NOT NULL", True, id="not NULL"),
        pytest.param("CREATE INDEX ON parts (doc) WHERE n IS NOT NULL", False, id="another's NULL"),
    ],
)
def test_an_index_serves_that_begins_with_the_referring_columns(
    parts: Any, unique: Any, index: str, *, served: bool
) -> None:
    assert told(parts, unique)[0][0].startswith(f"{TOLD}: --dedupe reads 8.0 MB of it")
    parts.sql(index)
    assert (told(parts, unique) == []) is served


def test_an_invalid_index_serves_nobody(parts: Any, unique: Any) -> None:
    parts.sql("CREATE INDEX half ON parts (doc)")
    parts.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass")
    assert TOLD in told(parts, unique)[0][0]


def test_of_a_small_table_nothing_is_said(parts: Any, unique: Any) -> None:
    parts.sql("TRUNCATE parts")
    fill(parts, LARGE - 1)
    assert told(parts, unique) == []


def test_a_key_of_two_columns_is_not_served_by_one(db: Any, steps: Any) -> None:
    db.sql('CREATE TABLE docs ("A" int, b int, path text, PRIMARY KEY ("A", b))')
    db.sql(
        'CREATE TABLE parts ("A%" int, b int, body char(5000), '
        'FOREIGN KEY ("A%", b) REFERENCES docs)'
    )
    fill_pairs = "INSERT INTO parts SELECT NULL, n, '' FROM generate_series(1, %s) AS n"
    db.sql("ALTER TABLE parts ALTER body SET STORAGE PLAIN")
    db.sql(fill_pairs, LARGE)
    step = steps.create("u", "docs", "path", unique=True)
    db.sql('CREATE INDEX ON parts ("A%")')
    ((what, do),) = told(db, step)
    assert 'public.parts begins with ("A%", b)' in what
    assert 'op.create_index_out_of_band("ix_parts_A%_b", "parts", ["A%", "b"])' in do
    db.sql('CREATE INDEX ON parts (b, "A%")')
    assert told(db, step) == []


def test_over_partitions_what_no_index_serves_is_added_up(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE docs (id int PRIMARY KEY, path text) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE docs_1 PARTITION OF docs FOR VALUES FROM (0) TO (10)")
    db.sql("INSERT INTO docs VALUES (2, 'a')")
    db.sql(f"{PARTS} PARTITION BY RANGE (n)")
    db.sql("ALTER TABLE parts ALTER body SET STORAGE PLAIN")
    db.sql(f"CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO ({LARGE // 2})")
    db.sql("CREATE TABLE parts_2 PARTITION OF parts DEFAULT")
    fill(db, LARGE)
    step = steps.create("u", "docs", "path", "id", unique=True)
    ((what, do),) = told(db, step)
    assert TOLD in what
    assert "CONCURRENTLY" not in do
    db.sql("CREATE INDEX ON parts_1 (doc)")
    assert told(db, step) == []


def test_what_it_says_works_and_it_is_said_before_rows_move(parts: Any, unique: Any) -> None:
    screen = parts.recorder()
    parts.sql("UPDATE parts SET n = 0 WHERE n = 1")
    (ending,) = parts.apply(unique, screen=screen, dedupe=KeepNewest("id"))
    assert ending.end is End.DONE
    said = [line for line in screen.said if TOLD in line]
    moved = [line for line in screen.said if line.startswith("rows moved")]
    assert len(said) == 1
    assert screen.said.index(said[0]) < screen.said.index(moved[0])
    assert 'op.create_index_out_of_band("ix_parts_doc", "parts", ["doc"])' in said[0]
    parts.sql("DROP INDEX u")
    parts.sql(told(parts, unique)[0][1].partition(" or run ")[2])
    assert told(parts, unique) == []
