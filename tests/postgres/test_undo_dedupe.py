"""Rows that were moved go back as they were, or stay in quarantine and are counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from outofband.cli.undo_dedupe import NothingQuarantined, RowsLeft, UndoRefused, undo
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.duplicates.policy import Dedupe, KeepNewest
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World


@pytest.fixture
def docs(db: Any) -> Any:
    db.sql("CREATE TABLE docs (id int, path text)")
    db.sql("INSERT INTO docs SELECT n % 40, 'p' FROM generate_series(1, 100) AS n")
    return db


@pytest.fixture
def put_back(db: Any, steps: Any) -> Any:
    """Undoes as the command does."""

    def run(name: str, *known: Any, screen: Any = None) -> None:
        with Session(Url(db.url)) as session:
            scope = Scope(steps.wants(*known))
            undo(World(session, screen or db.recorder(), scope), name, lambda _: None)

    return run


def deduped(db: Any, step: Any, policy: Any = Dedupe.IDENTICAL) -> Counter[Any]:
    """Return what was in the table before its duplicates were moved and the index was built."""
    table = str(step.table)
    before = Counter(db.sql(f"SELECT {table}::text FROM {table}"))
    (ending,) = db.apply(step, dedupe=policy)
    assert (ending.end, ending.why) == (End.DONE, "")
    return before


def contents(db: Any, table: str = "docs") -> Counter[Any]:
    return Counter(db.sql(f"SELECT {table}::text FROM {table}"))


def test_rows_go_back_once_the_index_is_gone(docs: Any, steps: Any, put_back: Any) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    before = deduped(docs, step)
    assert contents(docs) != before
    with pytest.raises(UndoRefused) as refused:
        put_back("u", step)
    assert refused.value.do == "DROP INDEX CONCURRENTLY public.u;"
    docs.sql(refused.value.do)
    put_back("u", step)
    assert contents(docs) == before
    screen = docs.recorder()
    put_back("u", step, screen=screen)
    assert screen.said == ["No rows of u are in quarantine."]
    assert contents(docs) == before


def test_while_a_constraint_has_the_index_its_name_is_told(
    docs: Any, steps: Any, put_back: Any
) -> None:
    docs.sql("ALTER TABLE docs ALTER id SET NOT NULL")
    step = steps.create("u", "docs", "id", unique=True)
    promotion = steps.primary_key("docs_pkey", "docs", "id", using="u")
    before = contents(docs)
    endings = docs.apply(step, promotion, dedupe=Dedupe.IDENTICAL)
    assert [e.end for e in endings] == [End.DONE, End.DONE]
    with pytest.raises(UndoRefused) as refused:
        put_back("u", step, promotion)
    assert refused.value.do == "ALTER TABLE public.docs DROP CONSTRAINT docs_pkey;"
    docs.sql(refused.value.do)
    put_back("u", step, promotion)
    assert contents(docs) == before


@pytest.mark.parametrize("flags", ["indisvalid = false", "indisvalid = false, indisready = false"])
def test_what_a_failed_build_left_is_in_the_way_too(
    docs: Any, steps: Any, put_back: Any, flags: str
) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    deduped(docs, step)
    docs.sql(f"ALTER INDEX u RENAME TO {steps.temporary(step)}")
    docs.sql(f"UPDATE pg_index SET {flags} WHERE indrelid = 'docs'::regclass")
    with pytest.raises(UndoRefused, match="the rows of u cannot go back") as refused:
        put_back("u", step)
    assert refused.value.do == f"DROP INDEX CONCURRENTLY public.{steps.temporary(step)};"


def test_a_step_that_no_revision_declares_any_more_can_be_undone(
    docs: Any, steps: Any, put_back: Any
) -> None:
    before = deduped(docs, steps.create("u", "docs", "id", unique=True))
    with pytest.raises(UndoRefused) as refused:
        put_back("u")
    docs.sql(refused.value.do)
    put_back("u")
    assert contents(docs) == before


@pytest.mark.usefixtures("docs")
def test_a_name_without_step_and_rows_is_a_wrong_call(put_back: Any) -> None:
    with pytest.raises(NothingQuarantined):
        put_back("typo")


def test_rows_that_meanwhile_conflict_are_left_and_counted(
    db: Any, steps: Any, put_back: Any
) -> None:
    db.sql("CREATE TABLE docs (id int PRIMARY KEY, path text CHECK (path <> 'x'))")
    db.sql("INSERT INTO docs SELECT n, 'p' || n % 3 FROM generate_series(1, 30) AS n")
    step = steps.create("u", "docs", "path", unique=True)
    before = deduped(db, step, KeepNewest("id"))
    db.sql("DROP INDEX u")
    db.sql("INSERT INTO docs VALUES (1, 'again'), (17, 'again')")
    db.sql("ALTER TABLE docs ADD CHECK (id <> 5)")
    with pytest.raises(RowsLeft) as left:
        put_back("u", step)
    assert str(left.value) == (
        "3 of 27 rows did not go back: 2 since a row with their key is there, 1 since a check "
        "forbids them. Compare them with the rows that are there now. "
        "What did not go back stays in quarantine."
    )
    (place,) = db.sql(
        "SELECT oid::regclass::text FROM pg_class WHERE relname LIKE 'docs\\_%_' AND relkind = 'r'"
    )
    assert sorted(db.sql(f"SELECT id FROM {place}")) == [1, 5, 17]
    db.sql("DELETE FROM docs WHERE path = 'again'")
    db.sql("ALTER TABLE docs DROP CONSTRAINT docs_id_check")
    put_back("u", step)
    assert contents(db) == before


ODD_TABLES = {
    "identity": "id int GENERATED ALWAYS AS IDENTITY, path text",
    "identity by default": "id int GENERATED BY DEFAULT AS IDENTITY, path text",
    "generated": "id serial, path text, twice text GENERATED ALWAYS AS (path || path) STORED",
    "not null, default, check": "id serial, path text NOT NULL DEFAULT 'd' CHECK (path <> 'no')",
    "json": """id serial, path text, j json DEFAULT '{"b": 1}'""",
}


@pytest.mark.parametrize("columns", ODD_TABLES.values(), ids=ODD_TABLES)
def test_columns_come_back_as_they_were(db: Any, steps: Any, put_back: Any, columns: str) -> None:
    db.sql(f"CREATE TABLE docs ({columns}, gone int)")
    db.sql("ALTER TABLE docs DROP COLUMN gone")
    db.sql("INSERT INTO docs (path) SELECT 'p' || n % 5 FROM generate_series(1, 20) AS n")
    step = steps.create("u", "docs", "path", unique=True)
    before = deduped(db, step, KeepNewest("id"))
    db.sql("DROP INDEX u")
    put_back("u", step)
    assert contents(db) == before


def test_virtual_columns_come_back_as_they_were(db: Any, steps: Any, put_back: Any) -> None:
    if db.sql("SHOW server_version_num")[0] < "180000":
        pytest.skip("virtual generated columns came with PostgreSQL 18")
    db.sql("CREATE TABLE docs (id serial, path text, n int GENERATED ALWAYS AS (id + 1) VIRTUAL)")
    db.sql("INSERT INTO docs (path) VALUES ('a'), ('a')")
    step = steps.create("u", "docs", "path", unique=True)
    before = deduped(db, step, KeepNewest("id"))
    db.sql("DROP INDEX u")
    put_back("u", step)
    assert contents(db) == before


def test_a_renamed_table_takes_its_rows_back(docs: Any, steps: Any, put_back: Any) -> None:
    before = deduped(docs, steps.create("u", "docs", "id", unique=True))
    docs.sql("DROP INDEX u")
    docs.sql("ALTER TABLE docs RENAME TO papers")
    put_back("u")
    assert contents(docs, "papers") == before


def test_a_table_that_has_lost_a_column_is_told(docs: Any, steps: Any, put_back: Any) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    deduped(docs, step)
    docs.sql("DROP INDEX u")
    docs.sql("ALTER TABLE docs RENAME path TO route")
    with pytest.raises(UndoRefused, match="no column path any more") as refused:
        put_back("u", step)
    place = refused.value.do.split()[5]
    docs.sql(f"ALTER TABLE {place} RENAME path TO route")
    put_back("u", step)
    assert docs.sql("SELECT count(*) FROM docs WHERE route = 'p'") == [100]


def test_a_table_of_another_shape_has_a_quarantine_of_its_own(
    docs: Any, steps: Any, put_back: Any
) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    deduped(docs, step)
    docs.sql("DROP INDEX u")
    docs.sql("ALTER TABLE docs ALTER id TYPE bigint")
    docs.sql("INSERT INTO docs SELECT 3000000000, 'q' FROM generate_series(1, 3)")
    (ending,) = docs.apply(step, dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.DONE
    docs.sql("DROP INDEX u")
    put_back("u", step)
    assert docs.sql("SELECT count(*) FROM docs") == [103]


def test_a_dropped_table_leaves_its_rows_in_quarantine(
    docs: Any, steps: Any, put_back: Any
) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    deduped(docs, step)
    docs.sql("DROP TABLE docs")
    with pytest.raises(UndoRefused, match="the table they come from is gone"):
        put_back("u")


def test_an_insert_that_fires_a_trigger_is_refused(docs: Any, steps: Any, put_back: Any) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    deduped(docs, step)
    docs.sql("DROP INDEX u")
    docs.sql("CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    docs.sql("CREATE TRIGGER t BEFORE INSERT ON docs FOR EACH ROW EXECUTE FUNCTION never()")
    with pytest.raises(UndoRefused, match="rows of u cannot go back") as refused:
        put_back("u", step)
    assert "INSERT on public.docs fires trigger t" in refused.value.why


def test_the_rows_of_partitions_go_back_to_them(db: Any, steps: Any, put_back: Any) -> None:
    db.sql("CREATE TABLE docs (id int, path text) PARTITION BY RANGE (id)")
    for low in (0, 50):
        db.sql(f"CREATE TABLE d{low} PARTITION OF docs FOR VALUES FROM ({low}) TO ({low + 50})")
    db.sql("INSERT INTO docs SELECT n % 100, 'p' FROM generate_series(1, 250) AS n")
    step = steps.create("u", "docs", "id", unique=True)
    before = deduped(db, step)
    with pytest.raises(UndoRefused):
        put_back("u", step)
    db.sql("DROP INDEX u")
    put_back("u", step)
    assert contents(db) == before
    assert db.sql("SELECT count(*) FROM d0") == [149]
