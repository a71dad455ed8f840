"""``on_large = "build"``: builds that the upgrade itself waits for, concurrently, once its
transactions are over.
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from outofband.deploy.connection import DeployConnection, sqlstate
from outofband.deploy.say import say
from outofband.model.index import Index
from outofband.model.statements import BuildIndex, RenameIndex, statement

_QUEUE = "outofband.afterwards"
_NO_TIMEOUTS = (
    "SET lock_timeout = 0",
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
)


def open_queue(connection: Connection) -> None:
    """Let steps ask for builds on this connection; done by the guard, which will run them."""
    connection.info[_QUEUE] = []


def enqueue(connection: Connection, index: Index) -> str:
    """Ask for a build after the upgrade; return why that cannot be, empty when it can."""
    queue = connection.info.get(_QUEUE)
    if queue is None:
        return 'on_large is "build", which needs guard(connection) in env.py'
    queue.append(index)
    return ""


def run_queue(connection: Connection) -> None:
    """Build what was asked for, one after the other; what fails stays pending, and is said."""
    queue: list[Index] = connection.info.pop(_QUEUE, [])
    if not queue:
        return
    connection.execution_options(isolation_level="AUTOCOMMIT")
    hand = DeployConnection(connection)
    for timeout in _NO_TIMEOUTS:
        hand.execute(timeout)
    for index in queue:
        _build(hand, index)


def _build(hand: DeployConnection, index: Index) -> None:
    what = f"{index.name} on {index.table}"
    say(f"building {what} concurrently; on_large is build, so the upgrade waits for it")
    try:
        for action in (BuildIndex(index), RenameIndex(index.temporary, index.name)):
            sent = statement(action)
            assert sent is not None
            hand.execute(sent.sql)
    except DBAPIError as error:
        say(f"building {what} failed ({sqlstate(error)}); it stays pending: run outofband apply")
