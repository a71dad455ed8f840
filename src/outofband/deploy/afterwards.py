"""``on_large = "build"``: builds that the upgrade itself waits for, concurrently, once its
transactions are over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from outofband.catalog.facts import APPLICATION_PREFIX
from outofband.deploy.connection import DeployConnection, sqlstate
from outofband.deploy.decide import BuildAfterwards
from outofband.deploy.say import say
from outofband.model.locks import LOCK_CLASS
from outofband.model.names import literal
from outofband.model.statements import (
    Action,
    BuildIndex,
    RemoveIndex,
    RenameIndex,
    statement,
    timeouts,
)

_QUEUE = "outofband.afterwards"


def open_queue(connection: Connection) -> None:
    """Let steps ask for builds on this connection; done by the guard, which will run them."""
    connection.info[_QUEUE] = []


def enqueue(connection: Connection, build: BuildAfterwards) -> str:
    """Ask for a build after the upgrade; return why that cannot be, empty when it can."""
    queue = connection.info.get(_QUEUE)
    if queue is None:
        return 'on_large is "build", which needs guard(connection) in env.py'
    queue.append(build)
    return ""


def run_queue(connection: Connection) -> None:
    """Build what was asked for, one after the other; what fails stays pending, and is said."""
    queue: list[BuildAfterwards] = connection.info.pop(_QUEUE, [])
    if not queue:
        return
    connection.execution_options(isolation_level="AUTOCOMMIT")
    hand = DeployConnection(connection)
    try:
        for build in queue:
            _build(hand, build)
    finally:
        with suppress(DBAPIError):
            connection.rollback()
            connection.execution_options(isolation_level=connection.default_isolation_level)


def _build(hand: DeployConnection, build: BuildAfterwards) -> None:
    index = build.index
    what = f"{index.name} on {index.table}"
    try:
        with _working_on(hand, str(index.table)) as ours:
            if not ours:
                say(f"another runner works on {index.table}; {index.name} stays pending")
                return
            say(f"building {what} concurrently; on_large is build, so the upgrade waits for it")
            for action in _actions(build):
                _do(hand, action, index.fingerprint)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        say(f"building {what} failed ({sqlstate(error)}); it stays pending: run outofband apply")


def _actions(build: BuildAfterwards) -> Iterator[Action]:
    if build.leftover is not None:
        yield RemoveIndex(build.leftover)
    yield BuildIndex(build.index)
    yield RenameIndex(build.index.temporary, build.index.name)


@contextmanager
def _working_on(hand: DeployConnection, table: str) -> Iterator[bool]:
    """Hold the table's lock, the same that ``outofband apply`` takes, or tell that another does."""
    keys = f"{LOCK_CLASS}, CAST(CAST(to_regclass({literal(table)}) AS oid) AS int4)"
    ours = bool(hand.rows(f"SELECT pg_try_advisory_lock({keys}) AS taken")[0]["taken"])
    try:
        yield ours
    finally:
        if ours:
            hand.rows(f"SELECT pg_advisory_unlock({keys}) AS released")


def _do(hand: DeployConnection, action: Action, fingerprint: str) -> None:
    """Send one statement under the timeouts and the name that apply would send it with."""
    sent = statement(action)
    assert sent is not None
    version = hand.rows("SELECT current_setting('server_version_num')::int AS version")[0][
        "version"
    ]
    name = f"{APPLICATION_PREFIX}{fingerprint}"
    settings = (("application_name", name), *timeouts(sent.unhurried, version))
    for parameter, value in settings:
        hand.execute(f"SET {parameter} = {literal(value)}")
    try:
        hand.execute(sent.sql)
    finally:
        for parameter, _ in settings:
            hand.execute(f"RESET {parameter}")
