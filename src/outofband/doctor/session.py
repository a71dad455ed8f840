"""The session that is asked: one transaction that reads only, and in which a question may fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from outofband.catalog.reader import Reader, Row

_LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "60s",
}
_BEGIN = "SET TRANSACTION READ ONLY"
_SET = "SELECT set_config(%(name)s, %(value)s, true)"


class Session(Reader, Protocol):
    """A connection in autocommit."""

    @property
    def version(self) -> int:
        """The server's version as a number: 180006 is 18.6."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Make what is in the block one transaction."""
        ...

    def part(self) -> AbstractContextManager[None]:
        """Make what is in the block a part of the transaction that may fail alone."""
        ...


class Asked:
    """A session in a transaction that reads only; what fails takes nothing else with it.

    Implements the port of the catalog, and that of :mod:`outofband.pretend.explain`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def version(self) -> int:
        """The server's version as a number."""
        return self._session.version

    def transaction(self) -> AbstractContextManager[None]:
        """Make what is in the block a part that may fail alone."""
        return self._session.part()

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run a query. Raises StatementFailed, and the next one runs all the same."""
        with self._session.part():
            return self._session.rows(sql, parameters)

    def explain(self, select: str) -> Sequence[str] | None:
        """Explain a select, as the port of the catalog wants it."""
        return self._session.explain(select)


@contextmanager
def asking(session: Session) -> Iterator[Asked]:
    """Ask within one transaction: nothing is written, and nothing waits for long."""
    with session.transaction():
        session.rows(_BEGIN)
        for name, value in _LIMITS.items():
            session.rows(_SET, {"name": name, "value": value})
        yield Asked(session)
