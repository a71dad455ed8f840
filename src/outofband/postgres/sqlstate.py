"""What a driver's error means. Only SQLSTATE and the primary message are kept.

DETAIL carries rows, and the texts of connection errors carry pieces of passwords (measured:
"failed to resolve host 'ret@h'"), so neither leaves this module.
"""

from __future__ import annotations

import psycopg

from outofband.errors import NothingChanged, StateUnknown
from outofband.runbook.hand import SessionLost, StatementFailed

_LOST = ("08", "57P")
# These end the session: idle_in_transaction_session_timeout, transaction_timeout (PostgreSQL 17).
_TIMED_OUT = "25P03", "25P04"
_QUOTES_A_VALUE = {
    "22": "an expression fails on a value of a row",
    "P0": "a function or an event trigger raised an exception",
}
"""Classes of SQLSTATE whose messages may have data of rows in them."""


class ConnectionLost(StateUnknown, SessionLost):
    """The connection ended in the middle of a statement; the server may go on with it."""


class ServerTooOld(NothingChanged):
    """The server is older than PostgreSQL 14."""


def is_lost(error: psycopg.Error) -> bool:
    """Tell whether the session is gone, so that only a new one can find out what became of the
    statement.
    """
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(_LOST) or state in _TIMED_OUT


def failure(error: psycopg.Error) -> StatementFailed:
    """Keep what may be shown of an error: where the message quotes a value of a row, its kind
    alone.
    """
    code, kind = error.sqlstate or "", type(error).__name__
    if told := _QUOTES_A_VALUE.get(code[:2]):
        return StatementFailed(code, f"{told}: {kind}")
    return StatementFailed(code, error.diag.message_primary or kind)
