"""Alembic's own connection, whatever its driver, as the reader of the catalog and the hand of the
deploy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from outofband.catalog.reader import Row
from outofband.model.duration import milliseconds

OURS = "outofband"
"""The execution option of what the deploy itself sends, as opposed to a revision."""

_AS_WRITTEN = {"no_parameters": True, OURS: True}
_PARAMETER = re.compile(r"%\((\w+)\)s")
_SAVEPOINT = "outofband"
SEQUENTIAL_SCANS_ONLY = "SET LOCAL enable_indexscan = off", "SET LOCAL enable_indexonlyscan = off"


class DeployConnection:
    """A SQLAlchemy connection inside Alembic's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run a query; its ``%(name)s`` become the driver's own parameters."""
        result = self._connection.execute(
            text(_PARAMETER.sub(r":\1", sql)),
            dict(parameters or {}),
            execution_options={OURS: True},
        )
        return [dict(row) for row in result.mappings()]

    def execute(self, sql: str) -> None:
        """Send one statement as it is written."""
        self._connection.exec_driver_sql(sql, execution_options=_AS_WRITTEN)

    def explain(self, select: str) -> Sequence[str] | None:
        """Explain a select under a savepoint that is always rolled back."""
        try:
            with self._part(kept=False):
                for setting in SEQUENTIAL_SCANS_ONLY:
                    self.execute(setting)
                return self._explained(select)
        except DBAPIError:
            return None

    def _explained(self, select: str) -> Sequence[str]:
        result = self._connection.exec_driver_sql(
            f"EXPLAIN (VERBOSE, COSTS OFF) {select}", execution_options=_AS_WRITTEN
        )
        return [str(row[0]) for row in result]

    @contextmanager
    def briefly(self, lock_timeout: timedelta) -> Iterator[None]:
        """Run the block under a savepoint in which no lock is waited for longer than
        ``lock_timeout``.

        What was set before holds again afterwards: SET LOCAL would outlive a released savepoint.
        """
        with self._part():
            before = self.rows("SELECT current_setting('lock_timeout') AS value")[0]["value"]
            self._set_local("lock_timeout", milliseconds(lock_timeout))
            yield
            self._set_local("lock_timeout", before)

    @contextmanager
    def _part(self, *, kept: bool = True) -> Iterator[None]:
        """Run the block under a savepoint of which nothing is left afterwards.

        SQLAlchemy's begin_nested() rolls back to its own and leaves it open: each look would nest
        all that follows one subtransaction deeper, and past 64 every snapshot of the server pays
        for that (PostgreSQL 18, Subtransactions).
        """
        self.execute(f"SAVEPOINT {_SAVEPOINT}")
        try:
            yield
        except BaseException:
            kept = False
            raise
        finally:
            if not self._connection.invalidated:
                if not kept:
                    self.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
                self.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")

    def _set_local(self, name: str, value: str) -> None:
        self.rows(
            "SELECT set_config(CAST(%(name)s AS text), CAST(%(value)s AS text), true) AS value",
            {"name": name, "value": value},
        )


def sqlstate(error: DBAPIError) -> str:
    """Return the SQLSTATE of a driver's error: psycopg and asyncpg say sqlstate, psycopg2 pgcode,
    pg8000 C.
    """
    origin = error.orig
    told = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
    if told is None and origin is not None and origin.args and isinstance(origin.args[0], dict):
        told = origin.args[0].get("C")
    return str(told or "")
