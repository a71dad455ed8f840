"""The port of the engine: the session that it works in, whoever provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from outofband.catalog.reader import Reader, Row


class Desk(Reader, Protocol):
    """An autocommit session that writes state, and lends its connection to a spec.

    Any method raises SessionLost when the session is gone, and StatementFailed for what Postgres
    refuses.
    """

    @property
    def pid(self) -> int:
        """The server process of this session."""
        ...

    def write(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run one statement and return its rows."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Make what is written inside the block one transaction, rolled back where it raises."""
        ...

    def lend(self) -> AbstractContextManager[Any]:
        """Give psycopg's own connection, in whatever transaction is open, for as long as the block
        lasts; its rows are tuples.
        """
        ...

    def reconnect(self) -> str:
        """Open the session anew after it was lost; return where, if that is another server."""
        ...
