"""One client of the store: it asks or uploads, times it, and goes on after whatever happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg

from codeintel.demo.load import rows_by_table
from codeintel.demo.log import PATIENCE, UPLOAD, Outcome, Request
from codeintel.demo.questions import Question
from codeintel.store.postgres import PostgresStore
from codeintel.store.queries import query
from codeintel.store.rows import Rows
from outofband.errors import OutofbandError

_Connection = psycopg.Connection[Any]
_Work = Callable[[_Connection], Outcome]


class Client:
    """Keeps a connection and opens another after an error. Connecting is part of the request."""

    def __init__(self, connect: Callable[[], _Connection]) -> None:
        self._connect = connect
        self._connection: _Connection | None = None

    def ask(self, question: Question, dump_id: int) -> Request:
        """Ask, and compare the answer with the one that was promised."""

        def compare(connection: _Connection) -> Outcome:
            cursor = psycopg.RawCursor(connection)
            row = cursor.execute(query(question.query), question.parameters).fetchone()
            return Outcome.OK if row == (question.answer,) else Outcome.WRONG

        return self._timed(question.query, dump_id, compare, {})

    def upload(self, dump_id: int, rows: Rows) -> Request:
        """Upload a dump as the worker does; the request says what was committed."""

        def write(connection: _Connection) -> Outcome:
            PostgresStore(connection).write(dump_id, rows)
            return Outcome.OK

        return self._timed(UPLOAD, dump_id, write, rows_by_table(rows))

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _timed(self, kind: str, dump_id: int, work: _Work, rows: Mapping[str, int]) -> Request:
        started = time.monotonic()
        outcome, note = self._outcome(work)
        seconds = time.monotonic() - started
        # What was written late is written: only the outcome says that it was too late.
        written = rows if outcome is Outcome.OK else {}
        if outcome is Outcome.OK and seconds > PATIENCE:
            outcome = Outcome.TIMEOUT
        return Request(kind, dump_id, started, seconds, outcome, written, note)

    def _outcome(self, work: _Work) -> tuple[Outcome, str]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return work(self._connection), ""
        except psycopg.errors.QueryCanceled as error:
            outcome, note = Outcome.TIMEOUT, _words(error)
        except psycopg.Error as error:
            outcome, note = Outcome.ERROR, _words(error)
        except OutofbandError as error:
            outcome, note = Outcome.ERROR, str(error)
        self.close()
        return outcome, note


def _words(error: psycopg.Error) -> str:
    return f"{error.sqlstate or 'no SQLSTATE'} {error.diag.message_primary or type(error).__name__}"
