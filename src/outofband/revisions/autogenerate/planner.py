"""Alembic's connection, when many expressions are explained in a row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, NestedTransaction
from sqlalchemy.exc import DBAPIError

from outofband.deploy.connection import SEQUENTIAL_SCANS_ONLY, DeployConnection


class Planner(DeployConnection):
    """Explains under one savepoint, and begins another only where the server refused something:
    one statement an expression, where each had five of its own.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._savepoint: NestedTransaction | None = None

    def __enter__(self) -> Planner:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def explain(self, select: str) -> Sequence[str] | None:
        """Explain a select; None when the server refuses."""
        try:
            if self._savepoint is None:
                self._savepoint = self._connection.begin_nested()
                for setting in SEQUENTIAL_SCANS_ONLY:
                    self.execute(setting)
            return self._explained(select)
        except DBAPIError:
            self._leave()
            return None

    def _leave(self) -> None:
        if self._savepoint is not None:
            self._savepoint.rollback()
        self._savepoint = None
