"""A rehearsal on a server of which nothing but a URL is known."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from outofband import ephemeral
from outofband.gate.request import Request
from outofband.rehearse.elsewhere import ServerNotForRehearsals, database
from outofband.rehearse.queries.value import Fault
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.rehearse import rehearse
from outofband.rehearse.report import html, markdown, text
from rehearsed import ASYNC_ENV, ENV, FOR_REAL, KILL, Project

ITEMS = 'op.execute("CREATE TABLE items (id int PRIMARY KEY, at int)")'
OUR_ROLES = "CREATE ROLE ci LOGIN CREATEDB PASSWORD 'p@ss''w\\ord'; CREATE ROLE poor LOGIN"
PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def host() -> Iterator[ephemeral.Server]:
    """A server that holds nothing, of which a rehearsal is told the URL alone."""
    with ephemeral.server() as running:
        with psycopg.connect(running.url(), autocommit=True) as session:
            session.execute(OUR_ROLES)
        yield running


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def databases(server: ephemeral.Server) -> set[str]:
    with psycopg.connect(server.url()) as session:
        rows = session.execute("SELECT datname FROM pg_database WHERE NOT datistemplate").fetchall()
    return {name for (name,) in rows}


def on(url: str, **more: object) -> Rehearsal:
    return rehearse(Request(), stats=None, limit=60.0, elsewhere=url, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_the_whole_rehearsal_runs_in_a_database_of_its_own_as_any_role_that_may_make_one(
    driver: str, project: Project, host: ephemeral.Server
) -> None:
    project.configure(
        f"postgresql+{driver}://app:secret@db.invalid:5432/production",
        ASYNC_ENV if driver == "asyncpg" else ENV,
    )
    project.revise("1", ITEMS, 'op.drop_table("items")')
    project.revise(
        "2",
        "with op.get_context().autocommit_block():\n"
        '    op.execute("CREATE INDEX CONCURRENTLY items_at ON items (at)")',
        'op.drop_index("items_at")',
    )
    rehearsal = on(host.url(user="ci"))
    assert [(ran.part, ran.failure) for ran in rehearsal.ran] == [
        (part, None) for part in ("base", "upgrade", "downgrade", "again")
    ]
    assert {lock.mode.value for lock in rehearsal.ran[1].statements[-1].locks} == {
        "SHARE UPDATE EXCLUSIVE"
    }
    assert databases(host) == {"postgres"}


def test_a_query_that_no_index_can_serve_is_found_and_its_figures_are_called_no_figures(
    project: Project, host: ephemeral.Server, tmp_path: Path
) -> None:
    project.revise("1", ITEMS, 'op.drop_table("items")')
    (tmp_path / "served.sql").write_text("SELECT at FROM items WHERE id = $1")
    (tmp_path / "unserved.sql").write_text("SELECT id FROM items WHERE at = $1")
    (tmp_path / "index_read_whole.sql").write_text("SELECT id FROM items WHERE id * 2 = $1")
    (tmp_path / "may_end_soon.sql").write_text(
        "SELECT id FROM items WHERE at > $1 ORDER BY id LIMIT 3"
    )
    rehearsal = on(host.url(user="ci"), queries=["*.sql"])
    faults: dict[str, list[Fault]] = {p.query.name: [*p.faults] for p in rehearsal.planned}
    suggested = {
        name: fault.suggestion.operation.partition('"items", ')[2]
        for name, found in faults.items()
        for fault in found
        if fault.suggestion is not None
    }
    assert suggested == {"unserved": '["at"])', "index_read_whole": '[sa.text("(id * 2)")])'}
    for told in (
        text.report(rehearsal, width=400),
        markdown.report(rehearsal),
        html.report(rehearsal),
    ):
        assert "size-free: a sequential scan here means that no index can serve the query" in told


REFUSED = {
    "the database has 1 tables": ("CREATE TABLE mine (id int)", "DROP TABLE mine"),
    "it has a database that holds data: postgres, shop": (
        "CREATE DATABASE shop",
        "DROP DATABASE shop",
    ),
    "what its database closed holds cannot be seen": (
        "CREATE DATABASE closed; REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
        "DROP DATABASE closed",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_server_that_holds_something_is_refused_and_left_as_it_is(
    why: str, host: ephemeral.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "shop" in why:
        monkeypatch.setattr("outofband.rehearse.elsewhere._MOST", 0)
    made, undone = REFUSED[why]
    with psycopg.connect(host.url(), autocommit=True) as session:
        for statement in made.split(";"):
            session.execute(statement.encode())
        before = databases(host)
        try:
            with pytest.raises(ServerNotForRehearsals) as refused, database(host.url(user="ci")):
                pass
        finally:
            session.execute(undone.encode())
    assert why in str(refused.value)
    assert before - databases(host) <= {"shop", "closed"}


def test_a_role_that_may_not_make_a_database_is_told_what_it_lacks(host: ephemeral.Server) -> None:
    with pytest.raises(ServerNotForRehearsals) as refused, database(host.url(user="poor")):
        pass
    assert refused.value.do == "Let a superuser run ALTER ROLE poor CREATEDB;"


def test_what_a_killed_rehearsal_left_goes_with_the_next_and_not_what_lives(
    host: ephemeral.Server,
) -> None:
    with database(host.url()) as lives:
        with psycopg.connect(host.url(), autocommit=True) as session:
            session.execute("CREATE DATABASE outofband_rehearsal_deadbeef")
        with database(host.url()) as another:
            there = databases(host)
        assert there == {"postgres", lives.site.database, another.site.database}
    assert databases(host) == {"postgres"}


def test_a_rehearsal_that_is_terminated_leaves_nothing(
    project: Project, host: ephemeral.Server
) -> None:
    project.revise("1", f"{FOR_REAL}: time.sleep(60)")
    words = [str(Path(sys.executable).with_name("outofband")), "rehearse", "--server", host.url()]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not databases(host) > {"postgres"} and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        running.communicate()
    assert running.returncode == 128 + signal.SIGTERM
    assert databases(host) == {"postgres"}


def test_a_server_that_goes_away_meanwhile_is_told_of_with_what_is_left(
    project: Project,
) -> None:
    with ephemeral.server() as mortal:
        project.revise("1", KILL)
        rehearsal = on(mortal.url())
    failure = rehearsal.ran[-1].failure
    assert failure is not None
    assert failure.revision == "1"
    assert rehearsal.notes[-1].startswith("The database outofband_rehearsal_")


def test_a_url_is_never_told_with_its_password(host: ephemeral.Server) -> None:
    socket, port = host.socket_directory, host.port
    url = f"host={socket} port={port} user=ci password='p@ss\\'w\\\\ord' dbname=postgres"
    with database(url) as made:
        with psycopg.connect(made.site.url) as session:
            assert session.info.password == "p@ss'w\\ord"
        assert "p@ss" not in repr(made)
