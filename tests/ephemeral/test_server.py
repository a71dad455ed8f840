"""A server can be used, stopped and restarted, by every driver and with every set of binaries."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import psycopg2  # type: ignore[import-untyped]
import pytest
import sqlalchemy
from psycopg import sql

from outofband.ephemeral import Server, ServerDidNotStart, server

if TYPE_CHECKING:
    from tests.ephemeral.conftest import Place

INSTALLED = [None, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
AWKWARD = "a b/ü?&%41@:#'\"+"


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as session:
        row = session.execute(query.encode()).fetchone()
    return row and row[0]


@pytest.fixture
def awkward(server: Server) -> Iterator[str]:
    """The name of a database and of a role that no URL can hold as it is."""
    name = sql.Identifier(AWKWARD)
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield AWKWARD
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


def with_psycopg(url: str, query: str) -> object:
    return ask(url, query)


def with_psycopg2(url: str, query: str) -> object:
    session = psycopg2.connect(url)
    try:
        cursor = session.cursor()
        cursor.execute(query)
        return (cursor.fetchone() or [None])[0]
    finally:
        session.close()


def with_sqlalchemy(url: str, query: str) -> object:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as session:
        return session.scalar(sqlalchemy.text(query))


def with_sqlalchemy_on_psycopg2(url: str, query: str) -> object:
    return with_sqlalchemy(url.replace("postgresql:", "postgresql+psycopg2:"), query)


@pytest.mark.parametrize(
    "ask_with", [with_psycopg, with_psycopg2, with_sqlalchemy, with_sqlalchemy_on_psycopg2]
)
def test_every_driver_understands_the_url(
    server: Server, awkward: str, ask_with: Callable[[str, str], object]
) -> None:
    assert ask_with(server.url(), "SELECT current_user::text") == "postgres"
    url = server.url(awkward, user=awkward)
    assert ask_with(url, "SELECT current_user || current_database()") == awkward * 2


@pytest.mark.parametrize("pg_bin", INSTALLED, ids=lambda folder: str(folder or "default"))
@pytest.mark.usefixtures("here")
def test_it_is_the_version_it_says(pg_bin: Path | None) -> None:
    with server(pg_bin=pg_bin) as running:
        assert ask(running.url(), "SHOW server_version_num") == str(running.version)
        assert running.binaries == pg_bin or pg_bin is None


def test_it_is_found_where_it_says(server: Server) -> None:
    assert ask(server.url(), "SHOW data_directory") == str(server.data_directory)
    assert ask(server.url(), "SHOW unix_socket_directories") == str(server.socket_directory)
    assert (server.socket_directory / f".s.PGSQL.{server.port}").is_socket()
    assert ask(server.url(), "SHOW listen_addresses") == ""
    first_line = (server.data_directory / "postmaster.pid").read_text().splitlines()[0]
    assert server.pid == int(first_line)


def test_only_its_owner_can_enter_its_folder(server: Server) -> None:
    assert server.socket_directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
        ("autovacuum", "on"),
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
        ("TimeZone", "UTC"),
    ],
)
def test_it_is_fast_and_the_same_on_every_machine(server: Server, name: str, value: str) -> None:
    assert ask(server.url(), f"SHOW {name}") == value


@pytest.mark.usefixtures("here")
def test_every_default_can_be_overridden() -> None:
    with server(settings={"fsync": "on", "autovacuum": "off"}) as own:
        shown = [ask(own.url(), f"SHOW {name}") for name in ("fsync", "autovacuum")]
        assert shown == ["on", "off"]


@pytest.mark.parametrize("immediate", [False, True], ids=["fast", "immediate"])
@pytest.mark.usefixtures("here")
def test_a_restart_keeps_what_was_committed(immediate: bool) -> None:
    with server(settings={"synchronous_commit": "local"}) as own:
        before = own.pid
        with psycopg.connect(own.url()) as session:
            session.execute("CREATE TABLE kept AS SELECT 1 AS one")
        own.restart(immediate=immediate)
        assert ask(own.url(), "SELECT one FROM kept") == 1
        assert own.pid != before
        recovered = re.search("was not properly shut down", own.log(lines=1000))
        assert bool(recovered) is immediate


@pytest.mark.usefixtures("here")
def test_stopping_twice_is_no_error() -> None:
    with server() as own:
        own.stop()
        own.stop(immediate=True)
        assert own.pid is None
        assert not (own.data_directory / "postmaster.pid").exists()
        own.start()
        assert ask(own.url(), "SELECT 1") == 1


def test_a_wrong_setting_is_reported_in_the_words_of_the_server(here: Place) -> None:
    with (
        pytest.raises(ServerDidNotStart, match='unrecognized configuration parameter "no_such"'),
        server(settings={"no_such": "1"}),
    ):
        pass
    assert here.is_clean()


def test_its_log_ends_with_the_last_line(server: Server) -> None:
    ask(server.url(), "SELECT 1")
    with psycopg.connect(server.url()) as session, pytest.raises(psycopg.errors.UndefinedTable):
        session.execute("SELECT * FROM no_such_table_in_the_log")
    assert "no_such_table_in_the_log" in server.log(lines=2)
    assert len(server.log(lines=1).splitlines()) == 1


def test_the_environment_of_the_caller_does_not_reach_the_server(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGOPTIONS", "-c log_min_messages=debug5")
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    with server() as own:
        assert b"hush" not in Path(f"/proc/{own.pid}/environ").read_bytes()
        assert os.fspath(own.data_directory).startswith(os.fspath(here.servers))
