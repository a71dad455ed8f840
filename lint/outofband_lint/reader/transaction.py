"""Statements that begin and end transactions.

Source: PostgreSQL 18, BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE SAVEPOINT.
"""

from __future__ import annotations

from outofband_lint.reader.cursor import Cursor
from outofband_lint.statement import Statement, TransactionControl


def begin(cursor: Cursor) -> Statement:
    """Read BEGIN or START TRANSACTION; the modes are not tracked."""
    cursor.skip_rest()
    return TransactionControl("begin")


def commit(cursor: Cursor) -> Statement:
    """Read COMMIT or END."""
    cursor.accept_any("commit", "end")
    _ending(cursor)
    return TransactionControl("commit")


def rollback(cursor: Cursor) -> Statement:
    """Read ROLLBACK or ABORT, to a savepoint or to the beginning."""
    cursor.accept_any("rollback", "abort")
    cursor.accept_any("work", "transaction")
    if cursor.accept("to"):
        return TransactionControl("rollback", _savepoint(cursor))
    _ending(cursor)
    return TransactionControl("rollback")


def savepoint(cursor: Cursor) -> Statement:
    """Read SAVEPOINT."""
    return TransactionControl("savepoint", _savepoint(cursor))


def release(cursor: Cursor) -> Statement:
    """Read RELEASE [SAVEPOINT]."""
    cursor.expect("release")
    return TransactionControl("release", _savepoint(cursor))


def _savepoint(cursor: Cursor) -> str:
    cursor.accept("savepoint")
    return cursor.identifier()


def _ending(cursor: Cursor) -> None:
    cursor.accept_any("work", "transaction")
    if cursor.accept("and"):
        cursor.accept("no")
        cursor.expect("chain")
