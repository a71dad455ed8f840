"""One autocommit session of the runbook: it reads the catalog and runs the statements of a plan."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.rows import dict_row, tuple_row

from outofband.catalog.facts import APPLICATION_PREFIX
from outofband.catalog.reader import Row
from outofband.errors import StateUnknown
from outofband.model.locks import LOCK_CLASS
from outofband.model.sqlstates import QUERY_CANCELED
from outofband.model.statement import Statement, due_timeouts, timeouts
from outofband.postgres.source import Source, connect
from outofband.postgres.sqlstate import ConnectionLost, ServerTooOld, failure, is_lost
from outofband.runbook.hand import StatementFailed
from outofband.target import Target

OLDEST_VERSION = 140000
_APPLICATION_NAME = "outofband"
_LOCK = "SELECT pg_try_advisory_lock(%(class)s, %(table)s::bigint::oid::int4) AS taken"
_UNLOCK = "SELECT pg_advisory_unlock(%(class)s, %(table)s::bigint::oid::int4)"
_SET = """
    SELECT set_config(name, value, false)
      FROM unnest(%(names)s::text[], %(values)s::text[]) AS parameter(name, value)
"""
_SET_LOCAL = _SET.replace("false", "true")
_SEES = "read committed"
"""Each statement sees what was committed before it, whatever the role's default is: a batch locks
rows, then looks again who refers to them."""
_LOOK = "Run outofband status when the server is back"
_CANCEL_SECONDS = 5.0
_IN_TRANSACTION, _SILENCE = "idle_in_transaction_session_timeout", "15s"
_IN_RECOVERY = "SELECT pg_is_in_recovery() AS so"
_PASSING = ("40", "53", "55", "57")
_EXPLAIN_BY_SCAN = "enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"


class Session:
    """A connection in autocommit; implements the ports Reader and Hand of the runbook, and Desk of
    the engine of backfills.

    Whatever is not an unhurried statement waits for no lock longer than a second. Where the client
    falls silent, as when the network swallows what it sends, the server ends the session: after a
    second inside a transaction that writes, whose locks others wait for, after 15 s inside one that
    reads and between the statements on a table whose lock it holds (PostgreSQL 18, Client
    Connection Defaults). Every parameter set through :meth:`set` is set again after
    :meth:`reconnect`. Raises DatabaseNotReached,
    ServerTooOld and ConnectionLost; a statement that Postgres refuses raises StatementFailed.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._parameters: dict[str, str] = {}
        self._unhurried = ""
        self._locked: set[int] = set()
        self._where = Target()
        self._connection = self._open()

    @property
    def pid(self) -> int:
        """The server process of this session."""
        return self._connection.info.backend_pid

    @property
    def version(self) -> int:
        """The server's version as a number: 180006 is 18.6."""
        return self._connection.info.server_version

    @property
    def reached(self) -> Mapping[str, str]:
        """Where it has come to, by libpq's names, which its source need not tell in full: host,
        port, dbname and user; and the password that was asked for, empty where none was.
        """
        told = self._connection.info
        place = {"host": told.host, "port": f"{told.port}", "dbname": told.dbname}
        return {**place, "user": told.user, "password": told.password}

    def close(self) -> None:
        """End the session; its locks go with it."""
        self._connection.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run a query of the catalog."""
        return self.write(sql, parameters)

    def write(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run one short statement and return its rows, none where it has none."""
        with self._translated():
            cursor = self._connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description is not None else ()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is written inside the block one transaction."""
        with self._translated(), self._connection.transaction():
            self._connection.execute(f"SET LOCAL {_IN_TRANSACTION} = '1s'")
            yield

    @contextmanager
    def part(self) -> Iterator[None]:
        """Make what is inside the block a part of the transaction that may fail alone."""
        with self._translated(), self._connection.transaction():
            yield

    @contextmanager
    def lend(self) -> Iterator[psycopg.Connection[Any]]:
        """Give the connection to whoever writes rows, in whatever transaction is open; its rows are
        tuples for as long as the block lasts.
        """
        connection = self._connection
        connection.row_factory = tuple_row
        try:
            with self._translated():
                yield connection
        finally:
            connection.row_factory = dict_row

    def explain(self, select: str) -> Sequence[str] | None:
        """Explain a select in a read-only transaction of its own.

        None says that the select means nothing here, so that what only passes, a lock that was not
        free, raises StatementFailed.
        """
        try:
            with self._translated(), self._connection.transaction(force_rollback=True):
                self._connection.execute("SET TRANSACTION READ ONLY")
                for name in _EXPLAIN_BY_SCAN:
                    self._connection.execute(f"SET LOCAL {name} = off")
                sql = f"EXPLAIN (VERBOSE, COSTS OFF) {select}"
                return [row["QUERY PLAN"] for row in self._connection.execute(sql)]
        except StatementFailed as failed:
            if failed.sqlstate.startswith(_PASSING):
                raise
            return None

    def trial(
        self,
        select: str,
        *,
        settings: Mapping[str, str] | None = None,
        later: Mapping[str, str] | None = None,
    ) -> Sequence[Row]:
        """Run a select in a read-only transaction of its own.

        ``settings`` hold while it is planned and run; ``later`` only after it has been planned,
        through a cursor, as a search_path does for the functions of an index.
        """
        with self._translated(), self._connection.transaction(force_rollback=True):
            self._connection.execute("SET TRANSACTION READ ONLY")
            self._connection.execute(_SET_LOCAL, _listed(settings or {}))
            if later is None:
                return self._connection.execute(select).fetchall()
            self._connection.execute(f"DECLARE trial NO SCROLL CURSOR FOR {select}")
            self._connection.execute(_SET_LOCAL, _listed(later))
            return self._connection.execute("FETCH ALL FROM trial").fetchall()

    def try_out(
        self, statements: Sequence[str], *, settings: Mapping[str, str] | None = None
    ) -> Sequence[Row]:
        """Run statements in one transaction that is rolled back; return the rows of the last."""
        *before, last = statements
        with self._translated(), self._connection.transaction(force_rollback=True):
            self._connection.execute(_SET_LOCAL, _listed(settings or {}))
            for statement in before:
                self._connection.execute(statement)
            return self._connection.execute(last).fetchall()

    def send(self, statement: Statement, *, fingerprint: str = "") -> None:
        """Run one statement of a plan under the timeouts it is due."""
        name = f"{APPLICATION_PREFIX}{fingerprint}" if fingerprint else _APPLICATION_NAME
        due = due_timeouts(statement, self.version)
        self._set({"application_name": name, **dict(due), **self._silence})
        self._unhurried = statement.sql if statement.unhurried else ""
        try:
            self.write(statement.sql)
        finally:
            self._unhurried = ""
            if not self._connection.closed:
                self._calm_down()

    def _calm_down(self) -> None:
        """Set what holds between statements; once more where a late cancel has met it."""
        try:
            self._set(self._defaults)
        except StatementFailed as failed:
            if failed.sqlstate != QUERY_CANCELED:
                raise
            self._set(self._defaults)

    def cancel(self) -> None:
        """Cancel what the session runs, from any thread; nothing where it runs nothing."""
        with suppress(psycopg.Error):
            self._connection.cancel_safe(timeout=_CANCEL_SECONDS)

    def leave(self) -> str:
        """Prepare for the end of this process; return what the server goes on with.

        That is a build or a drop, being of use to the next run. Anything else is cancelled.
        """
        if not self._unhurried:
            self.cancel()
        return self._unhurried

    def set(self, name: str, value: str) -> None:
        """Set a parameter for this session and those that replace it."""
        self._set({name: value})
        self._parameters[name] = value

    def try_lock(self, table_oid: int) -> bool:
        """Try to become the one that works on a table."""
        taken = bool(self.rows(_LOCK, {"class": LOCK_CLASS, "table": table_oid})[0]["taken"])
        if taken:
            self._locked.add(table_oid)
            self._set(self._silence)
        return taken

    def unlock(self, table_oid: int) -> None:
        """Let others work on the table."""
        self.rows(_UNLOCK, {"class": LOCK_CLASS, "table": table_oid})
        self._locked.discard(table_oid)
        self._set(self._silence)

    def reconnect(self) -> str:
        """Open the session anew; return where it has come to, empty where that is the same server.
        Raises ConnectionLost while that is not possible, and while the server is in recovery, as
        one that takes over from another is at first.
        """
        before = self._where
        self._connection.close()
        try:
            self._connection = self._open()
        except StateUnknown as error:
            raise ConnectionLost(error.what, why=error.why, do=_LOOK) from None
        if self.rows(_IN_RECOVERY)[0]["so"]:
            self._where, recovering = before, self._where
            raise ConnectionLost(f"the server of {recovering} is in recovery", do=_LOOK)
        return str(self._where) if self._where != before else ""

    def sever(self) -> None:
        """Break the connection, from any thread: who waits for its answer gets ConnectionLost."""
        with (
            suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(self._connection.fileno())) as same,
        ):
            same.shutdown(socket.SHUT_RDWR)

    def _open(self) -> psycopg.Connection[Any]:
        connection = connect(self._source)
        if connection.info.server_version < OLDEST_VERSION:
            connection.close()
            raise ServerTooOld(
                f"the server runs PostgreSQL {connection.info.server_version // 10000}",
                why="outofband works with PostgreSQL 14 and newer",
                do="Upgrade the server",
            )
        connection.row_factory = dict_row
        self._connection = connection
        # Asking the source again, when the server has gone, might mean to connect to it.
        told = connection.info
        self._where = Target(told.host, str(told.port), told.dbname)
        self._locked.clear()
        self._set({**self._defaults, **self._parameters})
        return connection

    @property
    def _defaults(self) -> dict[str, str]:
        """What holds between the unhurried statements."""
        brief = timeouts(unhurried=False, server_version=self.version)
        named = {"application_name": _APPLICATION_NAME, "default_transaction_isolation": _SEES}
        return {**named, **dict(brief), **self._silence}

    @property
    def _silence(self) -> dict[str, str]:
        """For how long nothing need be heard of the client."""
        return {
            _IN_TRANSACTION: _SILENCE,
            "idle_session_timeout": _SILENCE if self._locked else "0",
        }

    def _set(self, parameters: Mapping[str, str]) -> None:
        self.write(_SET, _listed(parameters))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if is_lost(error):
                raise ConnectionLost(
                    f"the connection to {self._where} was lost", do=_LOOK
                ) from None
            raise failure(error) from None


def _listed(parameters: Mapping[str, str]) -> dict[str, list[str]]:
    return {"names": list(parameters), "values": list(parameters.values())}
