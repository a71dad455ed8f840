"""Do one unit: batch by batch, each in one transaction with what is known of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum

from outofband.backfill.desk import Desk
from outofband.backfill.guard import described
from outofband.backfill.limits import Limits
from outofband.backfill.spec import Batch, Cursor, Damaged, Spec
from outofband.backfill.state import MOST_ATTEMPTS, Claim, LeaseLost, State
from outofband.backfill.window import Window
from outofband.errors import OutofbandError
from outofband.model.sqlstates import DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE, QUERY_CANCELED
from outofband.runbook.hand import SessionLost, StatementFailed
from outofband.runbook.reaction import OF_A_ROW

_LOCKED = (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED, "40001")
_PAUSE_SECONDS = 10.0
_MOST_IN_A_ROW = 30
_SET = """
    SELECT set_config(name, value, true)
      FROM unnest(%(names)s::text[], %(values)s::text[]) AS parameter(name, value)
"""


class Step(Enum):
    """What one batch came to."""

    ON = "on"
    DONE = "done"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    LOST = "lost"


class Environment(Exception):
    """What is refused, no other unit would get either: the server refuses a privilege, room or a
    table, or the application to do any of it now.
    """

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what)
        self.what, self.do = what, do


@dataclass(slots=True)
class Work:
    """One claimed unit on its way.

    ``locked`` are the latest batches in a row that met a lock, a timeout or a deadlock; ``last`` is
    the latest batch that was committed, ``status`` what the operator wants by then, ``why`` what
    became of a unit that failed.
    """

    spec: Spec
    state: State
    desk: Desk
    claim: Claim
    window: Window
    cursor: Cursor
    locked: int = 0
    last: Batch | None = None
    status: str = "active"
    why: str = ""

    @classmethod
    def on(cls, spec: Spec, state: State, desk: Desk, claim: Claim) -> Work:
        """Begin, or go on, with a unit."""
        window = Window.of(spec.limits, claim.batch_rows)
        return cls(spec, state, desk, claim, window, claim.cursor)

    def is_deadly(self) -> bool:
        """Put a unit aside at which runners have died as often as one may fail; tell whether."""
        if self.claim.attempts < MOST_ATTEMPTS:
            return False
        why = f"{self.claim.attempts} runners in a row ended while they were at it"
        return self._fail(why, for_good=True) is Step.QUARANTINED

    def step(self) -> Step:
        """Do the next batch. Raises SessionLost and Environment."""
        try:
            self._do()
        except LeaseLost:
            return Step.LOST
        except SessionLost:
            raise
        except Damaged as damaged:
            return self._fail(damaged.reason, for_good=True)
        except StatementFailed as failed:
            return self._refused(failed)
        except OutofbandError as refused:
            self.state.release(self.claim)
            raise Environment(refused.what_and_why, refused.do) from None
        except Exception as error:  # the application's code may raise what it likes
            return self._fail(described(error))
        self.locked = 0
        return Step.DONE if self.cursor is None else Step.ON

    def _do(self) -> None:
        started = time.monotonic()
        with self.desk.transaction():
            apply_limits(self.desk, self.spec.limits)
            with self.desk.lend() as connection:
                batch = self.spec.batch(connection, self.claim.unit, self.cursor, self.window.size)
            window = self.window.after(batch, time.monotonic() - started)
            status = self.state.advance(self.claim, batch, window)
        self.window, self.cursor = window, batch.cursor
        self.last, self.status = batch, status

    def _refused(self, failed: StatementFailed) -> Step:
        """Try fewer rows where that may help: it takes less time, and of a row that fails it leaves
        the others.
        """
        smaller = self.window.halved()
        code = failed.sqlstate
        if not code:  # psycopg refused it, before the server could: that is the application's doing
            cause = failed.__context__
            return self._fail(described(cause) if isinstance(cause, Exception) else failed.what)
        if code in (*_LOCKED, QUERY_CANCELED):
            self.locked += 1
            is_too_slow = code == QUERY_CANCELED and self.window.rows == 1
            stuck = self.locked >= _MOST_IN_A_ROW or is_too_slow
            if not stuck:
                self.window = smaller
                return Step.ON
        elif not code.startswith(OF_A_ROW):
            self.state.release(self.claim)
            raise Environment(failed.what, failed.do)
        elif smaller.rows < self.window.rows:
            self.window = smaller
            return Step.ON
        return self._fail(failed.what)

    def _fail(self, reason: str, *, for_good: bool = False) -> Step:
        self.why = reason
        gone = self.state.fail(self.claim, reason, pause=_PAUSE_SECONDS, for_good=for_good)
        return Step.QUARANTINED if gone else Step.FAILED


def apply_limits(desk: Desk, limits: Limits) -> None:
    """Set the timeouts of a batch, for its transaction."""
    seconds = {
        "statement_timeout": limits.statement_timeout,
        "lock_timeout": limits.lock_timeout,
        "idle_in_transaction_session_timeout": limits.idle_timeout,
    }
    values = [f"{round(limit * 1000)}ms" for limit in seconds.values()]
    desk.write(_SET, {"names": list(seconds), "values": values})
