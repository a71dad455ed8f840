"""One upgrade at a time, with short waits: what env.py puts around its migrations."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from outofband import attendant
from outofband.deploy import afterwards, pending
from outofband.deploy.connection import DeployConnection
from outofband.deploy.refusal import DeployRefused
from outofband.deploy.say import say
from outofband.errors import OutofbandError
from outofband.model.locks import LOCK_CLASS, UPGRADE_LOCK
from outofband.settings import Settings

DEFAULT_WAIT = timedelta(minutes=5)
_POLL_SECONDS = (0.05, 0.2)


class UpgradeLocked(DeployRefused):
    """Another upgrade held the lock for as long as this one was willing to wait."""


@contextmanager
def guard(connection: Connection, *, wait: timedelta = DEFAULT_WAIT) -> Iterator[None]:
    """Let one upgrade at a time run on this database, and bound its lock waits by the setting
    ``lock_timeout``.

    The lock is polled for, never waited for inside SQL: a session that waits in
    ``pg_advisory_lock`` holds a snapshot that a concurrent build in turn waits for (PostgreSQL 18,
    Building Indexes Concurrently). Lists what is pending at the end. On another dialect than
    PostgreSQL, and for a command that only looks, it does nothing. Raises UpgradeLocked after
    ``wait``.
    """
    migrations = attendant.present()
    looks_only = migrations is not None and not migrations.are_running()
    if connection.dialect.name != "postgresql" or looks_only:
        yield
        return
    settings = migrations.settings() if migrations else Settings()
    hand = DeployConnection(connection)
    # A transaction that env.py began is env.py's to end, whatever happens in it.
    own = not connection.in_transaction()
    _take_lock(connection, hand, wait, own)
    before = _exchange_lock_timeout(hand, settings.lock_timeout)
    if own:
        connection.commit()
        afterwards.promise(connection)
    try:
        yield
        if own and migrations is not None and settings.on_large == "build":
            _finish(connection, migrations)
        _list_pending(connection, own)
    except BaseException:
        # An aborted transaction would keep the lock from being given back.
        with suppress(DBAPIError):
            connection.rollback()
        raise
    finally:
        _leave(connection, hand, before, own)


def _exchange_lock_timeout(hand: DeployConnection, lock_timeout: timedelta) -> str:
    before = str(hand.rows("SELECT current_setting('lock_timeout') AS value")[0]["value"])
    _set_lock_timeout(hand, f"{round(lock_timeout.total_seconds() * 1000)}ms")
    return before


def _take_lock(connection: Connection, hand: DeployConnection, wait: timedelta, own: bool) -> None:
    deadline = time.monotonic() + wait.total_seconds()
    told = False
    while not _try_lock(hand):
        if own:
            connection.rollback()
        if time.monotonic() > deadline:
            raise UpgradeLocked(
                "another upgrade is running",
                why=f"it has held the lock for {wait.total_seconds():.0f} s",
                do="Look at it in pg_stat_activity, then run the upgrade again",
            )
        if not told:
            told = True
            say(f"another upgrade is running; waiting up to {wait.total_seconds():.0f} s for it")
        time.sleep(random.uniform(*_POLL_SECONDS))


def _try_lock(hand: DeployConnection) -> bool:
    sql = f"SELECT pg_try_advisory_lock({LOCK_CLASS}, {UPGRADE_LOCK}) AS taken"
    return bool(hand.rows(sql)[0]["taken"])


def _leave(connection: Connection, hand: DeployConnection, lock_timeout: str, own: bool) -> None:
    """Give back what was taken; a lost connection has given it back already."""
    with suppress(DBAPIError):
        _set_lock_timeout(hand, lock_timeout)
        if not own:
            # Nothing is visible to the next upgrade before env.py's transaction is over.
            hand.rows(f"SELECT pg_try_advisory_xact_lock({LOCK_CLASS}, {UPGRADE_LOCK})")
        hand.rows(f"SELECT pg_advisory_unlock({LOCK_CLASS}, {UPGRADE_LOCK}) AS released")
        if own:
            connection.commit()


def _set_lock_timeout(hand: DeployConnection, value: str) -> None:
    hand.rows("SELECT set_config('lock_timeout', CAST(%(value)s AS text), false)", {"value": value})


def _finish(connection: Connection, migrations: attendant.Migrations) -> None:
    try:
        afterwards.finish(connection, lambda: migrations.standings(connection))
    except OutofbandError as error:
        say(f"what is pending cannot be told: {error}")


def _list_pending(connection: Connection, own: bool) -> None:
    migrations = attendant.present()
    if migrations is None:
        return
    try:
        for line in pending.lines(connection, migrations.standings(connection)):
            say(line)
    except OutofbandError as error:
        say(f"what is pending cannot be told: {error}")
    if own:
        connection.rollback()
