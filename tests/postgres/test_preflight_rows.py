"""Expressions and rows that no index can have are found before a build reads the first of them."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import CreateIndex
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.ending import End
from outofband.runbook.preflight import Report, preflight
from outofband.runbook.preflight.rows import try_rows
from outofband.runbook.world import Scope, look

DOCS = QualifiedName("docs", "public")
FUNCTIONS = """
    CREATE FUNCTION mine(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT upper(t)$$;
    CREATE FUNCTION inlined(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT mine(t)$$;
    CREATE FUNCTION called(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE
        AS $$BEGIN RETURN mine(t); END$$;
    CREATE FUNCTION pathed(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = public
        AS $$BEGIN RETURN mine(t); END$$;
    CREATE FUNCTION atomic(t text) RETURNS text LANGUAGE sql IMMUTABLE RETURN mine(t);
"""
EXPRESSIONS = [
    "lower(path)",
    "id + 1",
    "path || id",
    "at::date",
    "(at AT TIME ZONE 'UTC')::date",
    "to_char(at, 'YYYY')",
    "now()",
    "random()",
    "id + (SELECT 1)",
    "nothing(path)",
    "missing",
    "inlined(path)",
    'public."inlined"(path)',
    "called(path)",
    "pathed(path)",
    "atomic(path)",
    "mine(path)",
    "kind::int",
    "1 / (id - 5)",
    "path LIKE '%a%'",
]


@pytest.fixture
def told(docs: Any) -> Any:
    """The table, with a timestamp, functions of the user's, and texts that are no numbers."""
    docs.sql("ALTER TABLE docs ADD at timestamptz DEFAULT '2021-01-01'")
    docs.sql(FUNCTIONS)
    return docs


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_is_refused_before_the_build_exactly_where_the_server_refuses_it(
    told: Any, steps: Any, text: str
) -> None:
    """The oracle is CREATE INDEX itself."""
    report = preflight_of(told, steps.create("docs_e", "docs", keys=(Key(f"({text})"),)))
    refused = any(f.stops for f in report.findings)
    try:
        told.sql(f"CREATE INDEX ON docs (({text}))")
    except psycopg.Error:
        assert refused
    else:
        assert not refused, report.findings


def preflight_of(db: Any, *wanted: Any) -> Report:
    with Session(Url(db.url)) as session:
        return preflight(session, look(session, Scope(db.wants(*wanted))))


@pytest.mark.parametrize("function", ["inlined", "called"])
def test_what_a_function_lacks_is_told_and_what_it_says_works(
    told: Any, steps: Any, function: str
) -> None:
    if told.sql("SHOW server_version_num")[0] < "170000":
        pytest.skip("functions of an index find what they call, before PostgreSQL 17")
    step = steps.create("docs_e", "docs", keys=(Key(f"({function}(path))"),))
    (found,) = preflight_of(told, step).findings
    statement = found.do.partition(" run ")[2]
    assert statement == f"ALTER FUNCTION public.{function}(text) SET search_path = public, pg_temp;"
    told.sql(statement)
    (ending,) = told.apply(step)
    assert ending.end is End.DONE


@pytest.mark.parametrize("row", [1, 500, 1000])
def test_the_row_that_an_expression_fails_on_is_named(told: Any, steps: Any, row: int) -> None:
    told.sql("UPDATE docs SET kind = '7'")
    told.sql("UPDATE docs SET kind = 'k7' WHERE id = %s", row)
    step = steps.create("docs_e", "docs", keys=(Key("(kind::int)"),))
    (found,) = preflight_of(told, step).findings
    assert found.stops
    assert "22P02" in found.what
    assert "k7" not in found.what + found.do
    assert told.sql(found.do.partition("the row is ")[2])[0][0] == row


def test_a_predicate_keeps_rows_that_would_fail_out(told: Any, steps: Any) -> None:
    key = Key("(1 / (id - 5))")
    (found,) = preflight_of(told, steps.create("docs_e", "docs", keys=(key,))).findings
    assert "22012" in found.what
    step = steps.create("docs_e", "docs", keys=(key,), where="id <> 5")
    assert preflight_of(told, step).findings == ()


def large(db: Any, row: int, size: int) -> None:
    """Give a row a text that no compression makes smaller."""
    db.sql(
        "UPDATE docs SET path = (SELECT left(string_agg(chr(33 + (random() * 90)::int), ''), %s) "
        "FROM generate_series(1, %s)) WHERE id = %s",
        size,
        size,
        row,
    )


@pytest.mark.parametrize("size", [2600, 2680, 2692, 2693, 2700, 2704, 2712, 5000])
def test_a_key_is_too_large_exactly_where_the_server_says_so(
    docs: Any, steps: Any, size: int
) -> None:
    docs.sql("ALTER TABLE docs ALTER path SET STORAGE external")
    large(docs, 700, size)
    report = preflight_of(docs, steps.create("docs_path", "docs", "path"))
    refused = any(f.stops for f in report.findings)
    try:
        docs.sql("CREATE INDEX ON docs (path)")
    except psycopg.errors.ProgramLimitExceeded:
        assert refused
    else:
        assert not refused


def test_a_large_key_that_compresses_is_no_obstacle(docs: Any, steps: Any) -> None:
    docs.sql("UPDATE docs SET path = repeat('a', 100000) WHERE id = 7")
    step = steps.create("docs_path", "docs", "path")
    assert preflight_of(docs, step).findings == ()
    assert docs.apply(step)[0].end is End.DONE


def test_large_keys_are_counted_with_their_rows_and_the_alternatives(docs: Any, steps: Any) -> None:
    docs.sql("ALTER TABLE docs ADD PRIMARY KEY (id)")
    for row in (7, 8, 9, 10):
        large(docs, row, 3000)
    (found,) = preflight_of(docs, steps.create("docs_path", "docs", "path")).findings
    assert found.what.startswith("4 rows of public.docs have keys over the 2,704 bytes")
    assert len(found.rows) == 3
    assert all(re.match(r"id = \d+, ctid \(\d+,\d+\), 3,000 bytes", r) for r in found.rows)
    for alternative in ("md5(path)", "left(path, 500)"):
        docs.sql(f"CREATE INDEX ON docs ({alternative})")
    docs.sql("CREATE INDEX ON docs USING hash (path)")
    docs.sql("CREATE INDEX ON docs (path) WHERE octet_length(path) < 2600")
    assert "md5(path)" in found.do
    assert "left(path, 500)" in found.do
    assert "octet_length(path) < 2600" in found.do


def test_what_may_shrink_is_a_warning_and_the_build_decides(docs: Any, steps: Any) -> None:
    large(docs, 7, 2000)
    docs.sql("UPDATE docs SET kind = path WHERE id = 7")
    (found,) = preflight_of(docs, steps.create("docs_two", "docs", "path", "kind")).findings
    assert not found.stops
    assert "1 row of public.docs may have keys over" in found.what


def test_no_row_is_read_where_nothing_lies_out_of_line(
    docs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the column is unbounded."""
    index = Index("docs_path", DOCS, (Key.of("path"),))
    with Session(Url(docs.url)) as session:
        table = look(session, Scope(docs.wants(CreateIndex(index)))).seen.tables[DOCS]
        monkeypatch.setattr(session, "trial", lambda *_, **__: pytest.fail("rows were read"))
        assert try_rows(session, index, table, session.version) == ()


def test_what_takes_too_long_is_not_waited_for(docs: Any) -> None:
    index = Index("docs_e", DOCS, (Key("(pg_sleep(0.01) IS NULL)"),))
    with Session(Url(docs.url)) as session:
        table = look(session, Scope(docs.wants(CreateIndex(index)))).seen.tables[DOCS]
        assert try_rows(session, index, table, session.version, seconds=0.05) is None


@pytest.mark.parametrize("sqlstate", ["22P02", "54000"])
def test_a_row_that_arrives_during_the_build_is_named_and_nothing_is_left(
    docs: Any, steps: Any, screen: Any, sqlstate: str
) -> None:
    docs.sql("UPDATE docs SET kind = '7'")
    if sqlstate == "22P02":
        step = steps.create("docs_e", "docs", keys=(Key("(kind::int)"),))
        arrive = lambda: docs.sql("UPDATE docs SET kind = 'k7' WHERE id = 500")  # noqa: E731
    else:
        step = steps.create("docs_path", "docs", "path")
        arrive = lambda: large(docs, 500, 3000)  # noqa: E731
    screen.meanwhile["CREATE INDEX"] = arrive
    (ending,) = docs.apply(step, screen=screen)
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert sqlstate in ending.why
    assert "ctid" in ending.why
    assert docs.indexes() == {}


def test_rows_that_there_was_no_time_for_are_looked_at_before_the_build(
    docs: Any, steps: Any, screen: Any
) -> None:
    large(docs, 500, 3000)
    (ending,) = docs.apply(steps.create("docs_path", "docs", "path"), screen=screen)
    assert ending.end is End.FAILED
    assert "1 row of public.docs have keys over" in ending.why
    assert screen.statements == []
    assert len(screen.secrets) == 1
