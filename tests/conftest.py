"""One real server for the whole run, and a fresh database for whoever asks."""

from __future__ import annotations

import compileall
import gc
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

import codeintel
import outofband
import outofband_lint
from outofband import ephemeral
from outofband.ephemeral import binaries

os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
# But the tests are kept compiled, whatever the environment said: each worker compiles them for nine
# seconds, which is most of what it takes to collect them.
sys.dont_write_bytecode = False


class MakeDatabase(Protocol):
    def __call__(self, template: str | None = None) -> str: ...


def pytest_configure(config: pytest.Config) -> None:
    """Compile our own modules once: else every process that a test starts would, each time anew."""
    if not hasattr(config, "workerinput"):
        for package in (outofband, outofband_lint, codeintel):
            for folder in package.__path__:
                compileall.compile_dir(folder, quiet=1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Half as many workers again as cores: where there are as many, a fourth of the time of both is
    spent waiting for timeouts and locks (measured over tests/cli on two cores).
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    known = getattr(os, "sched_getaffinity", None)
    cores = len(known(0)) if known else os.cpu_count() or 1
    return cores + cores // 2


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without looking for garbage, of which there is none, among all that is kept."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Begin to run, with what was collected out of the way.

    A test that writes a revision twice within a second would be shown the first one's bytecode; the
    tests themselves may be kept compiled.
    """
    sys.dont_write_bytecode = True
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    try:
        found = binaries.find()
    except ephemeral.BinariesNotFound as error:
        return f"PostgreSQL: {error}"
    libpq = psycopg.pq.version_pretty(psycopg.pq.version())
    return (
        f"PostgreSQL: {found.major}.{found.version % 10_000} in {found.folder}, "
        f"psycopg {psycopg.__version__} with libpq {libpq}"
    )


@pytest.fixture(scope="session")
def server() -> Iterator[ephemeral.Server]:
    """One server for the whole run. A test that stops or changes it starts one of its own.

    Autovacuum is on, as in production, and comes to no table: it would every minute, to count rows
    anew and to hold locks in the middle of some test.
    """
    settings = {"max_connections": "200", "autovacuum_naptime": "1d"}
    with ephemeral.server(settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def admin(server: ephemeral.Server) -> Iterator[psycopg.Connection[Any]]:
    """A session of the superuser, for commands about whole databases."""
    with psycopg.connect(server.url(), autocommit=True) as session:
        yield session


@pytest.fixture(scope="session")
def blank(server: ephemeral.Server, admin: psycopg.Connection[Any]) -> str:
    """The name of an empty database that somebody was connected to: its copies have the file that
    the first session of a new one else writes, which takes the server 5 ms (pg_internal.init).
    """
    admin.execute("CREATE DATABASE blank TEMPLATE template0")
    psycopg.connect(server.url("blank")).close()
    admin.execute("ALTER DATABASE blank WITH ALLOW_CONNECTIONS false")
    return "blank"


@pytest.fixture(scope="session")
def make_database(
    server: ephemeral.Server, admin: psycopg.Connection[Any], blank: str
) -> MakeDatabase:
    """Return the function that makes a database and returns its URL.

    Its ``template`` is the URL or the name of a database that nobody is connected to; without it
    the new one is empty. What it makes stays until the end of the run.
    """
    numbers = itertools.count(1)
    # 5 ms instead of 7 ms with the default, which goes through the WAL; 14 knows no other way.
    strategy = sql.SQL("STRATEGY file_copy" if server.version >= 150_000 else "")

    def make(template: str | None = None) -> str:
        name = f"test_{next(numbers)}"
        source = urlsplit(template or blank).path.removeprefix("/")
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
        admin.execute(command.format(sql.Identifier(name), sql.Identifier(source), strategy))
        return server.url(name)

    return make


@pytest.fixture
def origin() -> str | None:
    """The database that a test's own is a copy of: none; a file of tests may have another."""
    return None


@pytest.fixture
def database(
    admin: psycopg.Connection[Any], make_database: MakeDatabase, origin: str | None
) -> Iterator[str]:
    """The URL of a new database, empty but for what its origin has, dropped after the test,
    whoever is still connected.
    """
    url = make_database(origin)
    yield url
    name = sql.Identifier(urlsplit(url).path.removeprefix("/"))
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for the name of a socket, which tmp_path may not."""
    with tempfile.TemporaryDirectory(prefix="oob-") as folder:
        yield Path(folder)
