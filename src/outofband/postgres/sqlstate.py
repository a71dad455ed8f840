"""What a driver's error means. Only SQLSTATE and the primary message are kept.

DETAIL carries rows, and the texts of connection errors carry pieces of passwords (measured:
"failed to resolve host 'ret@h'"), so neither leaves this module.
"""

from __future__ import annotations

import psycopg

from outofband.errors import NothingChanged, StateUnknown
from outofband.runbook.hand import SessionLost, StatementFailed

_LOST = ("08", "57P")
_TIMED_OUT = "25P04"  # transaction_timeout ends the session (PostgreSQL 17)
_QUOTES_A_VALUE = ("22", "P0")  # data exceptions and RAISE of a function


class Unreachable(StateUnknown):
    """No connection to the database could be opened."""

    default_state = "Nothing was changed by this call"


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
    return state.startswith(_LOST) or state == _TIMED_OUT


def failure(error: psycopg.Error) -> StatementFailed:
    """Keep what may be shown of an error: where the message quotes a value of a row, its kind
    alone.
    """
    code, kind = error.sqlstate or "", type(error).__name__
    if code.startswith(_QUOTES_A_VALUE):
        return StatementFailed(code, f"an expression fails on a value of a row: {kind}")
    return StatementFailed(code, error.diag.message_primary or kind)


def unreachable(error: psycopg.Error, where: str) -> Unreachable:
    """Rebuild a connection error from parts that are known to be harmless."""
    return Unreachable(f"cannot connect to {where}", why=_connection_cause(error), do=_CHECK)


_CHECK = "Check host, port, database, role and network, then run the same command again"
_CAUSES = {
    "28P01": "the password was refused",
    "28000": "the server refused the role or the method of authentication",
    "3D000": "there is no such database",
    "53300": "the server has no connection left",
    "57P03": "the server is starting up or shutting down",
}
_FRAGMENTS = {
    "password authentication failed": "the password was refused",
    "does not exist": "there is no such database or role",
    "Connection refused": "nothing listens there",
    "No such file or directory": "there is no such socket",
    "timeout expired": "the server did not answer in time",
    "failed to resolve host": "the host name could not be resolved",
    "could not translate host name": "the host name could not be resolved",
    "too many clients": "the server has no connection left",
    "no password supplied": "the server wants a password",
    "no pg_hba.conf entry": "the server does not let this role in from here (pg_hba.conf)",
    "SSL": "encryption could not be agreed on",
    "starting up": "the server is starting up",
    "shutting down": "the server is shutting down",
}


def _connection_cause(error: psycopg.Error) -> str:
    if error.sqlstate in _CAUSES:
        return _CAUSES[error.sqlstate]
    told = str(error)
    return next((cause for part, cause in _FRAGMENTS.items() if part in told), "it did not answer")
