"""One upgrade at a time, with short waits: what env.py puts around its migrations."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from outofband import attendant
from outofband.attendant import Failure
from outofband.catalog.reader import query
from outofband.deploy import afterwards, live_build, pending
from outofband.deploy.again import Again
from outofband.deploy.connection import DeployConnection
from outofband.deploy.failing import told_session
from outofband.deploy.pooler import require_own_session
from outofband.deploy.refusal import DeployRefused
from outofband.deploy.say import say
from outofband.errors import OutofbandError
from outofband.model.duration import milliseconds
from outofband.model.locks import LOCK_CLASS, UPGRADE_LOCK
from outofband.settings import Settings

DEFAULT_WAIT = timedelta(minutes=5)
_POLL_SECONDS = (0.05, 0.2)
_NOT_KNOWN = "it is not tried again, since guard() stands before context.configure()"
_KEEPALIVE = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""With these the server gives the lock of a pod that is gone without a word back in a minute,
instead of two hours (PostgreSQL 18, Connections and Authentication, TCP Settings)."""


class UpgradeLocked(DeployRefused):
    """Another upgrade held the lock for as long as this one was willing to wait."""


@contextmanager
def guard(connection: Connection, *, wait: timedelta = DEFAULT_WAIT) -> Iterator[None]:
    """Let one upgrade at a time run on this database, and bound its lock waits by the setting
    ``lock_timeout``.

    The lock is polled for, never waited for inside SQL: a session that waits in
    ``pg_advisory_lock`` holds a snapshot that a concurrent build in turn waits for (PostgreSQL 18,
    Building Indexes Concurrently). The setting ``upgrade_wait``, or ``-x outofband-wait=30s``,
    overrules ``wait``.

    A revision whose lock is not free is rolled back and tried again ``lock_retries`` times; one
    that a live build stands in the way of is refused at once. Lists what is pending at the end. On
    another dialect than PostgreSQL, and for a command that only looks, it does nothing. Raises
    UpgradeLocked, PoolerBetween, BuildIsLive, LockNotFree, AlreadyThere or UpgradeCutOff.
    """
    migrations = attendant.present()
    looks_only = migrations is not None and not migrations.are_running()
    if connection.dialect.name != "postgresql" or looks_only:
        yield
        return
    settings = migrations.settings() if migrations else Settings()
    again = Again(connection, settings.lock_retries)
    try:
        with _alone(connection, settings, wait) as own:
            with _watched(connection, settings, again):
                yield
            if own:
                # What env.py left open, it would have lost: the looks below end with a rollback.
                connection.commit()
            if own and migrations is not None and settings.on_large == "build":
                with _telling():
                    afterwards.finish(connection, lambda: migrations.standings(connection))
            if migrations is not None:
                _list_pending(connection, migrations)
                if own:
                    connection.rollback()
    except DBAPIError as error:
        again.after(Failure(error, "the upgrade", _NOT_KNOWN))
        raise


@contextmanager
def _alone(connection: Connection, settings: Settings, wait: timedelta) -> Iterator[bool]:
    """Hold the lock and the session's settings; tell whether the transactions are Alembic's own.

    A transaction that env.py began is env.py's to end, whatever happens in it.
    """
    hand, own = DeployConnection(connection), not connection.in_transaction()
    if settings.pooler == "refuse":
        require_own_session(connection)
    overruled = settings.upgrade_wait
    _take_lock(connection, hand, wait if overruled is None else overruled, own)
    before = _exchange(hand, _session_settings(settings))
    if own:
        connection.commit()
        afterwards.promise(connection)
    try:
        yield own
    except BaseException:
        # An aborted transaction would keep the lock from being given back.
        with suppress(DBAPIError):
            connection.rollback()
        raise
    finally:
        _leave(connection, hand, before, own)


@contextmanager
def _watched(connection: Connection, settings: Settings, again: Again) -> Iterator[None]:
    """Refuse what a live build stands in the way of, and try again what met a lock."""

    def decide(failure: Failure) -> None:
        again.after(failure)
        # Where the lock was taken in a transaction that was rolled back, so were the settings.
        _exchange(DeployConnection(connection), _session_settings(settings))
        connection.commit()

    migrations = attendant.present()
    repeating = migrations.repeating(connection, decide) if migrations else None
    with live_build.refusing(connection), repeating or nullcontext():
        yield


def _session_settings(settings: Settings) -> dict[str, str]:
    return {"lock_timeout": milliseconds(settings.lock_timeout), **_KEEPALIVE}


def _exchange(hand: DeployConnection, values: Mapping[str, str]) -> dict[str, str]:
    """Set the session's parameters; return what they were."""
    read = ", ".join(f"current_setting('{name}') AS {name}" for name in values)
    before = {name: str(value) for name, value in hand.rows(f"SELECT {read}")[0].items()}
    written = ", ".join(
        f"set_config('{name}', CAST(%({name})s AS text), false) AS {name}" for name in values
    )
    hand.rows(f"SELECT {written}", values)
    return before


def _take_lock(connection: Connection, hand: DeployConnection, wait: timedelta, own: bool) -> None:
    deadline = time.monotonic() + wait.total_seconds()
    told = False
    while not _try_lock(hand):
        left = deadline - time.monotonic()
        holder = "" if told and left > 0 else _holder(hand)
        if own:
            connection.rollback()
        if left <= 0:
            raise UpgradeLocked(
                "another upgrade is running",
                why=f"it has held the lock for {wait.total_seconds():.0f} s{holder}",
                do="Look at it in pg_stat_activity, then run the upgrade again",
            )
        if not told:
            told = True
            seconds = f"{wait.total_seconds():.0f} s"
            say(f"another upgrade is running{holder}; waiting up to {seconds} for it")
        time.sleep(min(random.uniform(*_POLL_SECONDS), left))


def _try_lock(hand: DeployConnection) -> bool:
    sql = f"SELECT pg_try_advisory_lock({LOCK_CLASS}, {UPGRADE_LOCK}) AS taken"
    return bool(hand.rows(sql)[0]["taken"])


def _holder(hand: DeployConnection) -> str:
    keys = {"class": LOCK_CLASS, "key": UPGRADE_LOCK}
    rows = hand.rows(query("advisory_holder"), keys)
    return "".join(
        f": {told_session(row)}" + (f" from {row['address']}" if row["address"] else "")
        for row in rows
    )


def _leave(
    connection: Connection, hand: DeployConnection, before: Mapping[str, str], own: bool
) -> None:
    """Give back what was taken; a lost connection has given it back already."""
    with suppress(DBAPIError):
        if _is_closed_to_us(connection):
            _unlock_below(connection)
            return
        _exchange(hand, before)
        if not own:
            # Nothing is visible to the next upgrade before env.py's transaction is over.
            hand.rows(f"SELECT pg_try_advisory_xact_lock({LOCK_CLASS}, {UPGRADE_LOCK})")
        hand.rows(f"SELECT pg_advisory_unlock({LOCK_CLASS}, {UPGRADE_LOCK}) AS released")
        if own:
            connection.commit()


def _is_closed_to_us(connection: Connection) -> bool:
    """Tell whether env.py's ``with engine.begin()`` has been rolled back, in which SQLAlchemy takes
    no further statement.
    """
    try:
        DeployConnection(connection).rows("SELECT")
    except InvalidRequestError:
        return True
    return False


def _unlock_below(connection: Connection) -> None:
    """Give the lock back by the driver; the settings were rolled back with the transaction."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"SELECT pg_advisory_unlock({LOCK_CLASS}, {UPGRADE_LOCK})")
    finally:
        cursor.close()
        connection.connection.rollback()


def _list_pending(connection: Connection, migrations: attendant.Migrations) -> None:
    with _telling():
        for line in pending.lines(connection, migrations.standings(connection)):
            say(line)


@contextmanager
def _telling() -> Iterator[None]:
    """Say why what is pending cannot be told: the upgrade itself is done by then."""
    try:
        yield
    except OutofbandError as error:
        say(f"what is pending cannot be told: {error}")
