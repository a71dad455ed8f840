"""Expressions and rows that no index can have are found before a build reads the first of them."""

from __future__ import annotations

import re
from dataclasses import replace
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
from outofband.runbook.preflight.fits import refused
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
    assert all(re.match(r"id = \d+, ctid \(\d+,\d+\), 3,016 bytes", r) for r in found.rows)
    for alternative in ("md5(path)", "left(path, 500)"):
        docs.sql(f"CREATE INDEX ON docs ({alternative})")
    docs.sql("CREATE INDEX ON docs USING hash (path)")
    docs.sql("CREATE INDEX ON docs (path) WHERE octet_length(path) < 2600")
    assert "md5(path)" in found.do
    assert "left(path, 500)" in found.do
    assert "octet_length(path) < 2600" in found.do


DEFINITIONS: dict[str, dict[str, Any]] = {
    "two columns": {"keys": (Key.of("path"), Key.of("kind"))},
    "two columns of a number first": {"keys": (Key.of("id"), Key.of("path"), Key.of("kind"))},
    "INCLUDE": {"keys": (Key.of("id"),), "include": ("path", "kind")},
    "one column": {"keys": (Key.of("path"),)},
    "an expression": {"keys": (Key("(path || kind)"),)},
    "an expression beside a column": {"keys": (Key("lower(path)"), Key.of("kind"))},
    "a part of the rows": {"keys": (Key.of("path"), Key.of("kind")), "where": "id % 2 = 0"},
    "unique": {"keys": (Key.of("kind"), Key.of("path")), "unique": True},
}
STORED = {
    "extended": "ALTER TABLE docs ALTER path SET STORAGE extended",
    "external": "ALTER TABLE docs ALTER path SET STORAGE external, ALTER kind SET STORAGE external",
    "main": "ALTER TABLE docs ALTER path SET STORAGE main, ALTER kind SET STORAGE main",
    "plain": "ALTER TABLE docs ALTER kind SET STORAGE plain",
    "lz4": "ALTER TABLE docs ALTER path SET COMPRESSION lz4, ALTER kind SET COMPRESSION lz4",
}


@pytest.fixture
def border(docs: Any) -> Any:
    """A function that fills the table with keys of about the size that an entry may have: texts
    that compress, that do not, that do a little, NULLs; stored in one way, then declared in
    another.
    """

    def fill(stored: str, then: str) -> Any:
        docs.sql("TRUNCATE docs")
        if (
            "lz4" in (stored, then)
            and "lz4"
            not in docs.sql(
                "SELECT enumvals::text FROM pg_settings WHERE name = 'default_toast_compression'"
            )[0]
        ):
            pytest.skip("this server was built without lz4")
        docs.sql("SELECT setseed(0.5)")
        docs.sql(STORED[stored])
        docs.sql(
            """
            INSERT INTO docs (id, path, kind)
            SELECT n,
                   left(t.noise, (1300 + 9 * n) / (1 + n % 3)) || repeat('a', 1200 * (n % 3)),
                   CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN right(t.noise, 1250)
                              WHEN 2 THEN repeat('b', 2000) ELSE right(t.noise, 700 + 14 * n) END
              FROM generate_series(1, 40) AS n,
                   (SELECT string_agg(chr(33 + (random() * 90)::int), '') AS noise
                      FROM generate_series(1, 3000)) AS t
            """
        )
        docs.sql(STORED[then])
        return docs

    return fill


@pytest.mark.parametrize(
    ("stored", "then"),
    [(s, s) for s in STORED] + [("external", "extended"), ("extended", "external")],
)
def test_the_rows_that_are_named_are_exactly_those_that_the_index_refuses(
    border: Any, stored: str, then: str
) -> None:
    """The oracle is CREATE INDEX over each row by itself."""
    db = border(stored, then)
    for what, given in DEFINITIONS.items():
        index = Index("docs_x", DOCS, **given)
        with Session(Url(db.url)) as session:
            found = refused(session, index, "SELECT ctid FROM docs", ("id",), settings={})
        assert found is not None
        named = {int(row.key[0][1]): row.bytes for row in found}
        assert named == refusals(db, index), what
        (told,) = preflight_of(db, CreateIndex(index)).findings or (None,)
        assert bool(named) == (told is not None and told.stops), what
        if told is not None:
            rows = "1 row" if len(named) == 1 else f"{len(named)} rows"
            assert told.what.startswith(f"{rows} of public.docs have keys over"), what
            assert f"up to {max(named.values()):,}" in told.what, what


def refusals(db: Any, index: Index) -> dict[int, int]:
    """The rows that CREATE INDEX refuses, each with the size that it tells."""
    found = {}
    for number in db.sql("SELECT id FROM docs ORDER BY id"):
        where = f"id = {number}" + (f" AND {index.where}" if index.where else "")
        try:
            db.sql(replace(index, where=where).create())
        except psycopg.errors.ProgramLimitExceeded as error:
            found[number] = int(re.search(r"\d+", str(error))[0])  # type: ignore[index]
        else:
            db.sql("DROP INDEX docs_x")
    return found


def test_a_role_without_temporary_tables_is_warned_and_the_build_decides(
    docs: Any, steps: Any
) -> None:
    large(docs, 7, 2000)
    docs.sql("UPDATE docs SET kind = path WHERE id = 7")
    name = docs.sql("SELECT current_database()")[0]
    docs.sql(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    docs.sql(f"CREATE ROLE {name}_app LOGIN")
    docs.sql(f"GRANT CREATE ON SCHEMA public TO {name}_app")
    docs.sql(f"ALTER TABLE docs OWNER TO {name}_app")
    docs.sql(f"GRANT CREATE ON DATABASE {name} TO {name}_app")
    step = steps.create("docs_two", "docs", "path", "kind")
    url = docs.url.replace("postgres@", f"{name}_app@")
    with Session(Url(url)) as session:
        report = preflight(session, look(session, Scope(docs.wants(step))))
    (ending,) = docs.apply(step, url=url, report=report)
    docs.sql("ALTER TABLE docs OWNER TO postgres")
    docs.sql(f"DROP OWNED BY {name}_app")
    docs.sql(f"DROP ROLE {name}_app")
    (found,) = report.findings
    assert not found.stops
    assert "1 row of public.docs may have keys over" in found.what
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert "54000" in ending.why


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
