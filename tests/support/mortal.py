"""A runner's death between two actions, or between two batches of rows, at a chosen place."""

from __future__ import annotations

from typing import Any

from outofband.postgres.session import Session


class Killed(Exception):
    """Nothing in the runbook knows this one, as nothing hears kill -9."""


class Mortal:
    """A session that dies instead of the action after the first ``left``, or after one batch."""

    def __init__(self, session: Session, left: int, halfway: bool = False) -> None:
        self._session, self._left, self._halfway = session, left, halfway
        self._stored = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def send(self, statement: Any, **given: Any) -> None:
        if self._left == 0:
            raise Killed
        self._left -= 1
        self._session.send(statement, **given)

    def write(self, sql: str, parameters: Any = None) -> Any:
        if self._stored:
            raise Killed
        self._stored = self._halfway and "outofband_stored" in sql
        return self._session.write(sql, parameters)
