"""The application's question, asked through connections that are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from outofband import ready, ready_async
from outofband.model.names import quote

Connect = Callable[[str], AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def by_psycopg(url: str) -> AsyncIterator[Any]:
    async with await psycopg.AsyncConnection.connect(url) as opened:
        yield opened


@asynccontextmanager
async def by_asyncpg(url: str) -> AsyncIterator[Any]:
    asyncpg = pytest.importorskip("asyncpg")
    opened = await asyncpg.connect(url)
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def by_a_pool_of_asyncpg(url: str) -> AsyncIterator[Any]:
    asyncpg = pytest.importorskip("asyncpg")
    async with asyncpg.create_pool(url, min_size=1) as pool, pool.acquire() as lent:
        yield lent


def alchemy(driver: str) -> Connect:
    @asynccontextmanager
    async def connect(url: str) -> AsyncIterator[Any]:
        engine = create_async_engine(
            url.replace("postgresql:", f"postgresql+{driver}:"), poolclass=NullPool
        )
        async with engine.connect() as opened:
            yield opened

    return connect


CONNECTS: dict[str, Connect] = {
    "psycopg": by_psycopg,
    "asyncpg": by_asyncpg,
    "a pool of asyncpg": by_a_pool_of_asyncpg,
    "SQLAlchemy on psycopg": alchemy("psycopg"),
    "SQLAlchemy on asyncpg": alchemy("asyncpg"),
}
every_driver = pytest.mark.parametrize("connect", CONNECTS.values(), ids=CONNECTS)


@pytest.fixture
def dba(database: str) -> Any:
    with psycopg.connect(database, autocommit=True) as session:
        session.execute("CREATE TABLE docs (id int NOT NULL)")
        yield session.execute


def asked(connect: Connect, url: str, question: Callable[[Any], Awaitable[Any]]) -> Any:
    """Connect, and return what the question gives."""

    async def main() -> Any:
        async with connect(url) as connection:
            return await question(connection)

    return asyncio.run(main())


@every_driver
@pytest.mark.parametrize("name", ["docs_id", "Docs Id", "100%", "a\\%s\\%(b)s:x\"' é"])
def test_an_index_is_ready_once_it_is_there(
    dba: Any, database: str, connect: Connect, name: str
) -> None:
    async def question(connection: Any) -> tuple[bool, ...]:
        before = await ready_async(connection, name)
        dba(f"CREATE INDEX {quote(name)} ON docs (id)")
        after = await ready_async(connection, name)
        dba(f"DROP INDEX {quote(name)}")
        return before, after, await ready_async(connection, name)

    remembers = connect is not by_a_pool_of_asyncpg
    assert asked(connect, database, question) == (False, True, remembers)


@every_driver
def test_an_invalid_index_is_not_ready_until_it_is_valid(
    dba: Any, database: str, connect: Connect
) -> None:
    dba("CREATE INDEX docs_id ON docs (id)")
    flag = "UPDATE pg_index SET indisvalid = {} WHERE indexrelid = 'docs_id'::regclass"

    async def question(connection: Any) -> tuple[bool, ...]:
        dba(flag.format(False))
        before = await ready_async(connection, "docs_id")
        dba(flag.format(True))
        return before, await ready_async(connection, "docs_id")

    assert asked(connect, database, question) == (False, True)


@every_driver
def test_a_schema_may_be_named(dba: Any, database: str, connect: Connect) -> None:
    dba("CREATE SCHEMA apart")
    dba("CREATE TABLE apart.docs (id int PRIMARY KEY)")

    async def question(connection: Any) -> tuple[bool, ...]:
        unnamed = await ready_async(connection, "docs_pkey")
        return unnamed, await ready_async(connection, "docs_pkey", schema="apart")

    assert asked(connect, database, question) == (False, True)


@every_driver
@pytest.mark.usefixtures("dba")
def test_ready_refuses_a_connection_that_is_awaited(database: str, connect: Connect) -> None:
    """A coroutine is not None: it would pass for an answer."""

    async def question(connection: Any) -> None:
        with pytest.raises(TypeError, match="await ready_async"):
            ready(connection, "docs_id")

    asked(connect, database, question)


def test_ready_async_refuses_a_connection_that_is_not(database: str) -> None:
    engine = create_engine(
        database.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool
    )
    with psycopg.connect(database) as driver, engine.connect() as connection:
        for asked_one in (driver, connection):
            with pytest.raises(TypeError, match=r"with: ready\(\.\.\.\)"):
                asyncio.run(ready_async(asked_one, "docs_id"))


@pytest.mark.usefixtures("dba")
def test_inside_run_sync_the_plain_question_is_asked(database: str, dba: Any) -> None:
    dba("CREATE INDEX docs_id ON docs (id)")

    async def question(connection: Any) -> bool:
        answer: bool = await connection.run_sync(ready, "docs_id")
        return answer

    assert asked(alchemy("asyncpg"), database, question) is True
