"""`outofband doctor`, as its operator types it, on a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from counters import until_counted

REPOSITORY = Path(__file__).parents[2]
DOCS = """
    CREATE TABLE docs (id int NOT NULL, path text, kind text);
    CREATE TABLE pages (id int NOT NULL);
"""
ROWS = 2000
SCANS = 12


@pytest.fixture
def filled(project: Any) -> Any:
    """The tables of the first revision, with rows."""
    project.upgrade("1")
    project.sql(f"INSERT INTO docs SELECT n, 'p' || n, 'k' FROM generate_series(1, {ROWS}) AS n")
    project.sql(f"INSERT INTO pages SELECT n FROM generate_series(1, {ROWS}) AS n")
    project.sql("ANALYZE")
    return project


def read_sequentially(url: str, *queries: str, times: int = SCANS) -> None:
    """Run queries as an application does, and wait until the server has counted them."""
    with psycopg.connect(url, autocommit=True) as session:
        for query in queries * times:
            session.execute(query)
    until_counted(url)


def findings(project: Any, *words: str, status: int | None = None) -> list[dict[str, Any]]:
    ran = project.run("doctor", "--format", "json", *words)
    assert ran.status in ((0, 1) if status is None else (status,)), ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)["findings"]
    return found


def of(found: list[dict[str, Any]], question: str) -> list[dict[str, Any]]:
    return [each for each in found if each["question"] == question]


@pytest.fixture
def incident(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store of the incident: its first revision, rows, and an application that asks."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.chdir(REPOSITORY)
    command.upgrade(Config("alembic.ini"), "0001")
    with psycopg.connect(database, autocommit=True) as session:
        for table in ("lsif_data_definitions", "lsif_data_references"):
            session.execute(
                f"INSERT INTO {table} SELECT n % 100, 'npm', 'pkg:' || n, repeat('x', 300)::bytea "
                "FROM generate_series(1, 30000) AS n"
            )
        session.execute("ANALYZE")
    asked = "SELECT data FROM lsif_data_{} WHERE dump_id = 1 AND scheme = 'npm' AND identifier = ''"
    read_sequentially(database, asked.format("definitions"))
    read_sequentially(database, asked.format("references"), times=3 * SCANS)
    return database


def test_the_incidents_cause_is_the_first_line(
    incident: str, outofband: Callable[..., Any]
) -> None:
    began = time.process_time()  # of its own: how fast the machine and the server are is no finding
    ran = outofband("doctor", "--database-url", incident)
    seconds = time.process_time() - began
    first, *more = ran.out.splitlines()
    assert first == (
        "error[table-read-sequentially] public.lsif_data_references has no index: "
        "every query reads all of it, 11 MB"
    )
    assert "    next: outofband apply --to head" in more
    assert any("lsif_data_references_temp (revision 0002)" in line for line in more)
    assert any("WHERE dump_id = $1 AND scheme = $2" in line for line in more)
    assert (ran.status, seconds < 5) == (1, True)


def test_nothing_is_found_above_a_warning_where_all_is_well(filled: Any) -> None:
    filled.upgrade("head")
    assert filled.run("apply", "--yes").status == 0
    ran = filled.run("doctor", "--fail-on", "warning")
    assert (ran.status, "error[" in ran.out) == (0, False), ran.out


def test_a_declared_index_that_is_missing_comes_before_what_is_merely_pending(filled: Any) -> None:
    filled.upgrade("head")
    read_sequentially(filled.url, "SELECT kind FROM docs WHERE id = 3")
    first, *others = findings(filled, status=1)
    assert (first["question"], first["severity"]) == ("index-missing", "error")
    assert "index docs_temp of public.docs, declared in revision 2, is not there" in first["what"]
    assert first["next"] == "outofband apply --only docs_temp"
    assert {"index-missing", "step-pending"} <= {each["question"] for each in others}
    assert not of(others, "table-read-sequentially")


def test_a_query_that_no_index_serves_is_told_with_the_index_and_without_its_values(
    filled: Any,
) -> None:
    (filled.folder / "queries.sql").write_text(
        "-- name: by_path :one\nSELECT id FROM docs WHERE path = :path AND kind = 'hunter2';\n"
    )
    settings = filled.folder / "pyproject.toml"
    settings.write_text(settings.read_text() + 'queries = ["queries.sql"]\n')
    filled.sql("CREATE INDEX docs_id ON docs (id)")
    read_sequentially(filled.url, "SELECT id FROM docs WHERE path = 'x'")
    ran = filled.run("doctor")
    assert ran.status == 1
    assert "public.docs is read sequentially" in ran.out.splitlines()[0]
    assert "query by_path: SELECT id FROM docs WHERE path = $1 AND kind = $2" in ran.out
    assert '"docs", ["path", "kind"])' in ran.out
    assert "hunter2" not in ran.out + ran.err


def test_indexes_that_cost_and_serve_nothing_are_told_and_what_enforces_is_not(
    filled: Any,
) -> None:
    filled.sql("INSERT INTO docs SELECT n, 'p' || n, 'k' FROM generate_series(3000, 60000) AS n")
    for statement in (
        "CREATE UNIQUE INDEX docs_enforces ON docs (id)",
        "CREATE INDEX docs_path ON docs (path)",
        "CREATE INDEX docs_path_kind ON docs (path, kind)",
        "CREATE INDEX docs_kind ON docs (kind, path)",
    ):
        filled.sql(statement)
    filled.sql("INSERT INTO pages SELECT n FROM generate_series(3000, 90000) AS n")
    for name in ("by_hand", "pages_id"):  # of which revisions declare the second
        filled.sql(f"CREATE INDEX {name} ON pages (id)")
    found = findings(filled)
    redundant = {each["object"] for each in of(found, "index-redundant")}
    assert redundant == {"public.by_hand", "public.docs_path"}
    unused = {each["object"]: each["severity"] for each in of(found, "index-unused")}
    assert unused == {"public.docs_path_kind": "note", "public.docs_kind": "note"}


def test_a_foreign_key_without_an_index_costs_what_deletes_have_cost(filled: Any) -> None:
    filled.sql("ALTER TABLE pages ADD PRIMARY KEY (id)")
    filled.sql("ALTER TABLE docs ADD CONSTRAINT docs_page FOREIGN KEY (id) REFERENCES pages")
    (told,) = of(findings(filled), "foreign-key-without-index")
    assert (told["severity"], told["object"]) == ("warning", "public.docs")
    filled.sql("DELETE FROM docs")
    filled.sql("DELETE FROM pages WHERE id <= 20")
    filled.sql(f"INSERT INTO docs SELECT n, 'p', 'k' FROM generate_series(21, {ROWS}) AS n")
    until_counted(filled.url)
    (told,) = of(findings(filled), "foreign-key-without-index")
    assert (told["severity"], "20 rows deleted" in told["evidence"][0]) == ("error", True)
    filled.sql("CREATE INDEX docs_id ON docs (id)")
    assert not of(findings(filled), "foreign-key-without-index")
