"""A pooler between the upgrade and the server is found, by whichever driver, and said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from outofband import attendant
from outofband.deploy import guard
from outofband.deploy.pooler import PoolerBetween
from outofband.revisions.attendance import RunningMigrations
from outofband.settings import Settings, load
from proxy import proxy

MADE_UP = -1520744467
DRIVERS = "psycopg", "psycopg2", "asyncpg"


def connected(url: str, driver: str, act: Callable[[Connection], None]) -> None:
    url = url.partition("?")[0].replace("postgresql:", f"postgresql+{driver}:")
    if driver == "asyncpg":
        asyncio.run(connected_async(f"{url}?ssl=disable", act))
        return
    engine = create_engine(f"{url}?sslmode=disable", poolclass=NullPool)
    with engine.connect() as connection:
        act(connection)


async def connected_async(url: str, act: Callable[[Connection], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(act)
    await engine.dispose()


def upgrade(connection: Connection) -> None:
    with guard(connection):
        connection.exec_driver_sql("CREATE TABLE t (a int)")
        connection.commit()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_process_that_is_made_up_is_taken_for_a_pooler(database: str, driver: str) -> None:
    with proxy(database, pid=MADE_UP) as pooler, pytest.raises(PoolerBetween) as refused:
        connected(pooler.url, driver, upgrade)
    assert refused.value.exit_status == 3
    assert 'set pooler = "session"' in str(refused.value)


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_proxy_that_hands_on_what_the_server_says_is_none(database: str, driver: str) -> None:
    with proxy(database) as tunnel:
        connected(tunnel.url, driver, upgrade)


def test_one_that_keeps_a_session_for_a_client_may_be_named(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.outofband]\npooler = "session"\n')
    settings: Settings = load(tmp_path)
    monkeypatch.setattr(RunningMigrations, "settings", lambda _: settings)
    assert attendant.present() is not None
    with proxy(database, pid=MADE_UP) as pooler:
        connected(pooler.url, "psycopg", upgrade)
