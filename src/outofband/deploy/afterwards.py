"""``on_large = "build"``: what the upgrade itself does and waits for, once its transactions are
over, where nobody runs ``outofband apply``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from outofband.catalog.classify import resolved
from outofband.catalog.facts import APPLICATION_PREFIX, IN_UPGRADE, TableFacts
from outofband.catalog.observe import observe
from outofband.catalog.standing import Standing
from outofband.deploy import large
from outofband.deploy.connection import DeployConnection, sqlstate
from outofband.deploy.say import say
from outofband.model.action import Action, BuildIndex, RemoveIndex
from outofband.model.locks import LOCK_CLASS
from outofband.model.names import literal
from outofband.model.sqlstates import LOCK_NOT_AVAILABLE
from outofband.model.statement import Statement, due_timeouts
from outofband.model.step import in_words

_PROMISED = "outofband.afterwards"
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 10, 0.5


def promise(connection: Connection) -> None:
    """Let steps rely on :func:`finish`; done by the guard, which will call it."""
    connection.info[_PROMISED] = True


def promised(connection: Connection) -> str:
    """Return why nothing will be done after the upgrade, empty when it will be."""
    if connection.info.get(_PROMISED):
        return ""
    return 'on_large is "build", which needs guard(connection) in env.py'


def finish(connection: Connection, look: Callable[[], Iterable[Standing]]) -> None:
    """Do what is pending, one step after the other: what this upgrade has declared, what waited for
    that, and what earlier ones left. What fails stays pending, and is said.
    """
    tried: set[tuple[str, str]] = set()
    try:
        while (standing := _next(look(), tried)) is not None:
            tried.add((standing.step.kind, standing.step.name))
            table = observe(DeployConnection(connection), [standing.step]).table(
                standing.step.table
            )
            connection.rollback()
            if table is not None:
                with _autocommit(connection) as hand:
                    _do_step(hand, standing, table)
    finally:
        with suppress(DBAPIError):
            connection.rollback()


def _next(standings: Iterable[Standing], tried: set[tuple[str, str]]) -> Standing | None:
    pending = (s for s in standings if not s.done and not s.waits_for)
    return next((s for s in pending if (s.step.kind, s.step.name) not in tried), None)


@contextmanager
def _autocommit(connection: Connection) -> Iterator[DeployConnection]:
    connection.execution_options(isolation_level="AUTOCOMMIT")
    try:
        yield DeployConnection(connection)
    finally:
        with suppress(DBAPIError):
            connection.rollback()
            connection.execution_options(isolation_level=connection.default_isolation_level)


def _do_step(hand: DeployConnection, standing: Standing, table: TableFacts) -> None:
    step = standing.step
    what = in_words(step)
    actions = large.afterwards(resolved(step, table), standing.sight, table)
    if isinstance(actions, str):
        say(f"{what} is not done: {actions}")
        return
    try:
        with _working_on(hand, str(table.name)) as ours:
            if not ours:
                say(f"another runner works on {table.name}; {step.name} stays pending")
                return
            say(f"doing {what} on {table.name}; on_large is build, so the upgrade waits for it")
            for action in actions:
                _do(hand, action)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        say(f"{what} failed ({sqlstate(error)}); it stays pending: run outofband apply")
        _clear(hand, actions)


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


def _do(hand: DeployConnection, action: Action) -> None:
    """Send one statement; one that waits for no lock for long, again when the lock was not free."""
    sent = action.statement
    assert sent is not None
    tries = 0
    while True:
        try:
            _send(hand, action, sent)
        except DBAPIError as error:
            tries += 1
            if sqlstate(error) != LOCK_NOT_AVAILABLE or tries == _LOCK_TRIES:
                raise
            time.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return


def _send(hand: DeployConnection, action: Action, sent: Statement) -> None:
    """Send a statement under the timeouts and the name that apply would send it with."""
    version = hand.rows("SELECT current_setting('server_version_num')::int AS version")[0][
        "version"
    ]
    mark = action.index.fingerprint if isinstance(action, BuildIndex) else ""
    named = (("application_name", f"{APPLICATION_PREFIX}{mark}{IN_UPGRADE}"),) if mark else ()
    settings = (*named, *due_timeouts(sent, version))
    for parameter, value in settings:
        hand.execute(f"SET {parameter} = {literal(value)}")
    try:
        hand.execute(sent.sql)
    finally:
        for parameter, _ in settings:
            hand.execute(f"RESET {parameter}")


def _clear(hand: DeployConnection, actions: Iterable[Action]) -> None:
    """Drop what a failed build left if every write maintains it: a unique one forbids by then."""
    for index in (action.index for action in actions if isinstance(action, BuildIndex)):
        left = hand.rows(
            "SELECT 1 AS found FROM pg_index WHERE NOT indisvalid AND indisready"
            f" AND indexrelid = to_regclass({literal(str(index.temporary))})"
        )
        if left:
            with suppress(DBAPIError):
                _do(hand, RemoveIndex(index.temporary))
