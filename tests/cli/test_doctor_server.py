"""What `outofband doctor` says of sessions, settings, rights, and what failed builds have left."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from counters import until_counted
from outofband import ephemeral


def findings(project: Any, *words: str) -> list[dict[str, Any]]:
    ran = project.run("doctor", "--format", "json", *words)
    assert ran.status in (0, 1), ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)["findings"]
    return found


def told(project: Any, question: str, *words: str) -> list[dict[str, Any]]:
    return [each for each in findings(project, *words) if each["question"] == question]


@contextmanager
def role(server: ephemeral.Server, project: Any, *statements: str) -> Iterator[str]:
    """A role of its own, after statements about it, and the URL to connect with it."""
    name = "doctor_reader"
    project.sql(f"CREATE ROLE {name} LOGIN")
    try:
        for statement in statements:
            project.sql(statement.format(role=name))
        database = psycopg.conninfo.conninfo_to_dict(project.url)["dbname"]
        yield server.url(str(database), user=name)
    finally:
        project.sql(f"DROP OWNED BY {name}")
        project.sql(f"DROP ROLE {name}")


@pytest.fixture
def filled(project: Any) -> Any:
    project.upgrade("1")
    project.sql("INSERT INTO docs SELECT n, 'p' || n, 'k' FROM generate_series(1, 2000) AS n")
    return project


@contextmanager
def blocked(project: Any) -> Iterator[int]:
    """A session that waits to read docs, and the process that it waits for."""
    with (
        psycopg.connect(project.url, application_name="lunch") as holder,
        psycopg.connect(project.url) as waiter,
        ThreadPoolExecutor() as beside,
    ):
        holder.execute("LOCK TABLE docs")
        asking = beside.submit(waiter.execute, "SELECT 1 FROM docs")
        deadline = time.monotonic() + 60
        while not project.sql("SELECT FROM pg_locks WHERE NOT granted"):
            assert time.monotonic() < deadline, "nobody waits"
        yield holder.info.backend_pid
        holder.rollback()
        asking.result()


def test_who_waits_and_for_whom_is_told_and_what_is_locked_is_left_out(filled: Any) -> None:
    with blocked(filled) as pid:
        found = findings(filled)
    told_of = next(each for each in found if each["question"] == "sessions-blocked")
    assert told_of["what"] == f"1 session waits for pid {pid} on docs"
    assert "lunch" in told_of["evidence"][0]
    assert told_of["next"] == f"Let it end, or run SELECT pg_terminate_backend({pid});"
    assert any("AccessExclusiveLock on it: public.docs" in each["what"] for each in found)
    assert not [each for each in found if each["question"] == "schema-drift"]


def test_what_a_failed_build_has_left_is_told_unless_a_step_wants_it(filled: Any) -> None:
    for name in ("docs_old", "docs_temp"):
        filled.sql(f"CREATE INDEX {name} ON docs (id)")
        filled.sql(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")
    (found,) = told(filled, "index-invalid")
    assert (found["object"], found["severity"]) == ("public.docs_old", "error")
    assert found["next"] == "DROP INDEX CONCURRENTLY public.docs_old;"


def test_settings_that_end_a_build_are_told_with_what_undoes_them(
    filled: Any, server: ephemeral.Server
) -> None:
    given = (
        "GRANT pg_read_all_data TO {role}",
        "GRANT pg_read_all_stats TO {role}",
        "ALTER ROLE {role} SET statement_timeout = '30s'",
        "ALTER ROLE {role} SET temp_file_limit = '64kB'",
        "ALTER ROLE {role} SET max_parallel_maintenance_workers = 0",
    )
    with role(server, filled, *given) as url:
        found = told(filled, "setting-hurts", "--database-url", url)
    whats = {each["what"]: each for each in found}
    timeout = whats["role doctor_reader has statement_timeout = 30s"]
    assert "ALTER ROLE doctor_reader RESET statement_timeout;" in timeout["next"]
    limit = next(each for what, each in whats.items() if "temp_file_limit is 64 kB" in what)
    assert "temp_file_limit" in limit["next"]
    assert any("max_parallel_maintenance_workers is 0" in what for what in whats)


def test_a_role_with_no_more_than_it_needs_is_told_what_it_lacks(
    filled: Any, server: ephemeral.Server
) -> None:
    filled.sql("CREATE SCHEMA closed; CREATE TABLE closed.secrets (id int)")
    filled.sql("CREATE INDEX docs_id ON docs (id)")
    (filled.folder / "queries.sql").write_text("SELECT id FROM docs WHERE path = 'hunter2';\n")
    settings = filled.folder / "pyproject.toml"
    settings.write_text(settings.read_text() + 'queries = ["queries.sql"]\n')
    with psycopg.connect(filled.url, autocommit=True) as application:
        for _ in range(12):
            application.execute("SELECT id FROM docs WHERE path = 'x'")
    until_counted(filled.url)
    with role(server, filled, "GRANT SELECT ON alembic_version TO {role}") as url:
        found = findings(filled, "--database-url", url)
    assert found[0]["what"].startswith("public.docs is read sequentially")
    lacking = {each["next"] for each in found if each["question"] == "not-seen"}
    assert lacking >= {
        "GRANT USAGE ON SCHEMA closed TO doctor_reader;",
        "GRANT pg_read_all_data TO doctor_reader;",
        "GRANT pg_read_all_stats TO doctor_reader;",
    }
    assert "hunter2" not in json.dumps(found)


def test_nothing_is_written_and_no_role_but_that_of_the_project_is_needed(project: Any) -> None:
    """On a server without autovacuum, which writes as well."""
    with ephemeral.server(settings={"autovacuum": "off"}) as own:
        project.url = own.url()
        project.configure(own.url())
        project.filled("1")
        ((before,),) = project.sql("SELECT txid_current()")
        findings(project)
        assert project.sql("SELECT txid_current()") == [(before + 1,)]
