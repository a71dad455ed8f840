"""``op.run_async`` without an event loop's driver: an AsyncConnection over the recording one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Connection


def run_async(
    operations: Operations, function: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
) -> Any:
    """Run an asynchronous function as ``op.run_async`` does, on a connection that never waits."""

    async def main() -> Any:
        return await function(AsyncConnection(operations.get_bind()), *args, **kwargs)

    return asyncio.run(main())


class AsyncConnection:
    """What SQLAlchemy's AsyncConnection of that name does with what it wraps; needs no greenlet."""

    def __init__(self, connection: Connection) -> None:
        self.sync_connection = connection
        self.dialect = connection.dialect

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.sync_connection, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return method(*args, **kwargs)

        return call

    async def run_sync(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a synchronous function with the connection."""
        return function(self.sync_connection, *args, **kwargs)

    async def stream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Return the rows of a statement one by one."""
        result = self.sync_connection.execute(*args, **kwargs)

        async def rows() -> AsyncIterator[Any]:
            for row in result:
                yield row

        return rows()
