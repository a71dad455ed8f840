"""A transaction of a revision whose lock was not free is rolled back and tried again, later and at
random, so that the application goes on meanwhile and pods do not march in step.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from outofband.attendant import Failure
from outofband.catalog.reader import Row, query
from outofband.deploy.connection import DeployConnection, sqlstate
from outofband.deploy.failing import (
    ALREADY_THERE,
    already_there,
    cut_off,
    lock_not_free,
    told_session,
)
from outofband.deploy.locked import locked_by
from outofband.deploy.say import say
from outofband.model.sqlstates import DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE
from outofband_lint.locks import LockMode

_NOT_FREE = frozenset({LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED})
"""lock_not_available, deadlock_detected: what goes by itself (PostgreSQL 18, appendix A)."""
_FIRST_SECONDS, _LONGEST_SECONDS = 0.5, 8.0


@dataclass(slots=True)
class Again:
    """Decides on each failure of the migrations on a connection, and waits before the next try."""

    connection: Connection
    retries: int
    made: dict[str, int] = field(default_factory=dict)

    def after(self, failure: Failure) -> None:
        """Return once it is time to run the rolled back transaction again; raise for good what
        another try would not mend.
        """
        error = failure.error
        if not isinstance(error, DBAPIError):
            raise error
        if error.connection_invalidated:
            raise cut_off(failure.where) from error
        code = sqlstate(error)
        if code in ALREADY_THERE:
            raise already_there(failure.where, code, error.statement or "") from error
        if code not in _NOT_FREE:
            raise error
        tried = self.made[failure.where] = self.made.get(failure.where, 0) + 1
        holders = self._holders(error.statement or "")
        if failure.obstacle or tried > self.retries:
            raise lock_not_free(failure.where, tried, holders, failure.obstacle) from error
        pause = _pause(tried)
        held = f", held by {told_session(holders[0])}" if holders else ""
        say(
            f"{failure.where} is rolled back: a lock was not free{held};"
            f" tried again in {pause:.1f} s ({tried} of {self.retries})"
        )
        time.sleep(pause)

    def _holders(self, sql: str) -> list[Row]:
        """Tell who holds what the statement wanted, in a transaction of its own."""
        asked = [
            (str(table), held.catalog_name)
            for table, mode in locked_by(sql)
            for held in LockMode
            if held.conflicts_with(mode)
        ]
        if not asked or self.connection.in_transaction():
            return []
        names, modes = zip(*asked, strict=True)
        hand = DeployConnection(self.connection)
        try:
            return [*hand.rows(query("lock_holders"), {"names": [*names], "modes": [*modes]})]
        finally:
            self.connection.rollback()


def _pause(tried: int) -> float:
    """Return seconds: twice as long each time, the half of it at random."""
    longest = min(_FIRST_SECONDS * 2**tried, _LONGEST_SECONDS)
    return random.uniform(longest / 2, longest)
