"""`outofband stats`, as its operator types it, on a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

from counters import until_counted
from outofband import ephemeral
from outofband.stats.file import read
from outofband.stats.value import Stats
from readers import reader

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "stats.schema.json").read_text())
SECRET = "hunter2"
SETUP = f"""
    CREATE TABLE docs (id int PRIMARY KEY, path text, kind text);
    INSERT INTO docs SELECT n, 'p' || n % 50, '{SECRET}' FROM generate_series(1, 5000) AS n;
    CREATE INDEX docs_path ON docs (path) WHERE id > 10;
    CREATE INDEX docs_lower ON docs (lower(path));
    CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    INSERT INTO events SELECT n, date '2026-03-01' + n % 100 FROM generate_series(1, 1000) AS n;
    CREATE TABLE never (id int);
    CREATE SCHEMA outofband;
    CREATE TABLE outofband.journal (id int);
    CREATE TEMPORARY TABLE passing (id int);
    ANALYZE docs;
    ANALYZE events;
"""
FAR = ("--database-url",)


@pytest.fixture
def filled(project: Any) -> Any:
    project.sql(SETUP)
    until_counted(project.url)
    return project


def pulled(project: Any, *words: str) -> Stats:
    ran = project.run("stats", "pull", *words)
    assert ran.status == 0, ran.err
    jsonschema.validate(json.loads(ran.out), SCHEMA)
    return read(ran.out)


def test_sizes_statistics_and_indexes_are_pulled(filled: Any) -> None:
    stats = pulled(filled)
    tables = {str(name): relation for name, relation in stats.tables.items()}
    assert list(tables) == ["public.docs", "public.events", "public.events_1", "public.never"]
    docs = tables["public.docs"]
    assert (docs.tuples, docs.pages) == (5000.0, docs.heap_pages)
    assert tables["public.never"].tuples == -1
    assert tables["public.events"].pages == tables["public.events_1"].pages > 0
    assert tables["public.events_1"].partition_of == "public.events"
    columns = {(c.table, c.name, c.inherited): c for c in stats.columns}
    assert columns["docs", "path", False].n_distinct == 50
    assert ("docs_lower", "lower", False) in columns
    assert ("events", "at", True) in columns
    indexes = {index.name: index for index in stats.indexes}
    assert indexes["docs_pkey"].unique
    assert indexes["docs_path"].definition.endswith("(path) WHERE (id > 10)")
    assert stats.missing == ()


def test_nothing_of_a_row_is_in_it_unless_asked_for_with_a_warning(filled: Any) -> None:
    ran = filled.run("stats", "pull")
    assert SECRET not in ran.out
    assert "warning" not in ran.err
    valued = filled.run("stats", "pull", "--with-values")
    assert SECRET in valued.out
    assert "warning: --with-values stores values of rows" in valued.err
    jsonschema.validate(json.loads(valued.out), SCHEMA)


def test_a_file_is_written_whole_and_left_alone_while_it_holds(filled: Any) -> None:
    first = filled.run("stats", "pull", "-o", "stats.json")
    assert (first.status, first.out) == (0, "")
    assert first.err.startswith("wrote stats.json: 4 relations")
    file = filled.folder / "stats.json"
    file.write_text(file.read_text().replace('"pulled": "20', '"pulled": "19'))
    before = file.read_bytes(), file.stat().st_ino
    again = filled.run("stats", "pull", "-o", "stats.json")
    assert "stats.json still holds" in again.err
    assert (file.read_bytes(), file.stat().st_ino) == before
    filled.sql("INSERT INTO docs SELECT n, 'p', 'k' FROM generate_series(6000, 9000) AS n")
    filled.sql("ANALYZE docs")
    third = filled.run("stats", "pull", "-o", "stats.json")
    assert third.err.startswith("wrote")
    assert read(file.read_text()).relations[0].tuples == 8000
    assert [path.name for path in filled.folder.glob(".outofband*")] == []


def test_what_cannot_be_written_is_said_and_stays(filled: Any) -> None:
    ran = filled.run("stats", "pull", "-o", "nowhere/stats.json")
    assert (ran.status, ran.out) == (3, "")
    assert "cannot write nowhere/stats.json: No such file" in ran.err
    (filled.folder / "other.json").write_text('{"mine": 1}')
    ran = filled.run("stats", "pull", "-o", "other.json")
    assert (ran.status, (filled.folder / "other.json").read_text()) == (2, '{"mine": 1}')


def test_what_the_role_may_not_read_is_named_with_the_grant(
    filled: Any, server: ephemeral.Server
) -> None:
    rights = "GRANT SELECT ON events TO {role}", "GRANT SELECT (id) ON docs TO {role}"
    filled.sql("ALTER TABLE events ENABLE ROW LEVEL SECURITY")
    with reader(server, filled, *rights) as url:
        ran = filled.run("stats", "pull", *FAR, url)
        assert ran.status == 0
        assert "GRANT SELECT ON public.docs, public.events_1, public.never TO reader" in ran.err
        assert "of public.events: row security applies to the role; ALTER ROLE" in ran.err
        assert "of public.docs_lower: the role may not read the index" in ran.err
        found = read(ran.out)
        assert {column.name for column in found.columns} == {"id"}
        assert found.tables.keys() == pulled(filled).tables.keys()
        assert {(m.what, m.of) for m in found.missing} == {
            ("column statistics", f"public.{name}")
            for name in ("docs", "docs_lower", "events", "events_1", "never")
        }
        filled.sql("GRANT pg_read_all_data TO reader")
        filled.sql("ALTER ROLE reader BYPASSRLS")
        assert filled.run("stats", "pull", *FAR, url).err == ""


def test_a_locked_table_is_not_waited_for(filled: Any) -> None:
    with psycopg.connect(filled.url) as busy:
        busy.execute("LOCK TABLE docs IN ACCESS EXCLUSIVE MODE")
        ran = filled.run("stats", "pull")
        assert "size of public.docs: somebody has locked it exclusively" in ran.err
        stats = read(ran.out)
        docs = stats.relations[0]
        assert docs.heap_bytes == docs.pages * 8192 > 0
        assert "index of public.docs_lower, public.docs_path, public.docs_pkey: somebody" in ran.err


def test_without_pg_stat_statements_queries_are_said_to_be_missing(filled: Any) -> None:
    ran = filled.run("stats", "pull", "--with-queries")
    assert "warning: --with-queries stores what the application runs" in ran.err
    assert "CREATE EXTENSION pg_stat_statements" in ran.err
    filled.sql("CREATE EXTENSION pg_stat_statements")
    ran = filled.run("stats", "pull", "--with-queries")
    assert "the server has not loaded pg_stat_statements" in ran.err
    assert read(ran.out).queries == ()


def test_show_prints_the_file_of_the_settings_by_size(filled: Any) -> None:
    shown = filled.run("stats", "show")
    assert (shown.status, shown.out) == (2, "")
    assert "none is named here" in shown.err
    settings = filled.folder / "pyproject.toml"
    settings.write_text(settings.read_text() + 'stats = "sub/stats.json"\n')
    (filled.folder / "sub").mkdir()
    filled.run("stats", "pull", "-o", "sub/stats.json")
    shown = filled.run("stats", "show")
    names = [line.split()[0] for line in shown.out.splitlines()]
    assert names == ["TABLE", "public.docs", "public.events", "public.events_1", "public.never"]
    assert "never analysed" in shown.out
    told = json.loads(filled.run("stats", "show", "sub/stats.json", "--format", "json").out)
    never = told["relations"][-1]
    assert (never["name"], never["rows"], never["stale"]) == ("never", None, "never analysed")
    assert filled.run("lint").status == 0


def test_a_file_that_is_not_there_is_told_in_a_sentence(
    outofband: Callable[..., Any],
) -> None:
    ran = outofband("stats", "show", "nope.json")
    assert ran.status == 2
    assert "cannot read nope.json: No such file or directory" in ran.err
