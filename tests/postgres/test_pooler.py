"""A pooler between the runbook and the server is found without being told of."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import create_engine

from outofband import ephemeral
from outofband.deploy import guard
from outofband.deploy.pooler import PoolerBetween
from outofband.ephemeral.identity import resolve
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.preflight import preflight
from outofband.runbook.world import Scope, look
from proxy import proxy

INI = """
[databases]
* = host={server} port=5432
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits
"""


def stops(url: str, wanted: Any) -> list[str]:
    with Session(Url(url)) as session:
        report = preflight(session, look(session, Scope(wanted)))
    return [f.what.partition(":")[0] for f in report.findings if f.stops]


def test_a_process_that_is_made_up_is_taken_for_a_pooler(docs: Any, steps: Any) -> None:
    wanted = steps.wants(steps.create("docs_id", "docs", "id"))
    with proxy(docs.url, pid=-1520744467) as pooler:
        assert stops(pooler.url, wanted) == [
            "a connection pooler stands between this command and the server"
        ]


def test_a_proxy_that_hands_on_what_the_server_says_is_none(docs: Any, steps: Any) -> None:
    wanted = steps.wants(steps.create("docs_id", "docs", "id"))
    with proxy(docs.url) as tunnel:
        assert stops(tunnel.url, wanted) == []


@pytest.fixture(params=["transaction", "session"])
def pgbouncer(
    request: pytest.FixtureRequest, docs: Any, server: ephemeral.Server, short_path: Path
) -> Iterator[str]:
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("PgBouncer is not installed here")
    (short_path / "users").write_text('"postgres" ""\n')
    ini = short_path / "pgbouncer.ini"
    folder = Path(str(urlsplit(docs.url).query.partition("host=")[2].partition("&")[0]))
    ini.write_text(INI.format(server=folder, folder=short_path, mode=request.param))
    identity = resolve(server.binaries / "postgres")
    identity.own(short_path)
    with subprocess.Popen(
        [*identity.prefix, program, "-q", ini], **identity.account, stderr=subprocess.PIPE
    ) as child:
        url = f"postgresql://postgres@{urlsplit(docs.url).path}?host={short_path}&port=6432"
        try:
            docs.eventually(lambda: child.poll() is not None or answers(url), "PgBouncer")
            if child.poll() is not None:
                pytest.skip(f"PgBouncer does not run here: {child.stderr.read()!r}")
            yield url
        finally:
            child.terminate()


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_an_upgrade_refuses_pgbouncer_in_every_mode(pgbouncer: str) -> None:
    engine = create_engine(pgbouncer.replace("postgresql:", "postgresql+psycopg:"))
    with (
        engine.connect() as connection,
        pytest.raises(PoolerBetween, match="a connection pooler stands between this upgrade"),
        guard(connection),
    ):
        pytest.fail("the session is somebody else's in a moment")
    engine.dispose()


def test_pgbouncer_is_found_in_every_mode(steps: Any, pgbouncer: str) -> None:
    wanted = steps.wants(steps.create("docs_id", "docs", "id"))
    assert stops(pgbouncer, wanted) == [
        "a connection pooler stands between this command and the server"
    ]
