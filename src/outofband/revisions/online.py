"""The project's own env.py and revisions, run as ``alembic upgrade`` runs them, on another server.

Nothing of the project is changed for it: whatever database its engines would connect to, they come
to the one that is given, by whichever driver, and every statement is shown to a watcher.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from outofband.errors import NothingChanged
from outofband.revisions import flask_app, frame
from outofband.revisions.environment import script_directory
from outofband.revisions.frame import Caller

Direction = Literal["upgrade", "downgrade"]
Rows = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs a query without parameters on the session that a migration uses."""

_NOT_HERE = ("pass", "ssl", "gss", "krb", "service", "hostaddr", "channel", "target", "require")
_REACHES = ("host", "port", "user", "database", "dbname", "dsn", "unix_sock", "load_balance_hosts")


class EngineNotRedirected(NothingChanged):
    """An engine of the project opens connections in a way that leads to a server of its own."""


class RevisionFailed(NothingChanged):
    """A revision raised, or a server refused what it sent; ``caller`` is where, if in one."""

    def __init__(self, what: str, *, caller: Caller | None, **words: str) -> None:
        super().__init__(what, **words)
        self.caller = caller


@dataclass(frozen=True, slots=True)
class Place:
    """The socket of a server, and the database and the role on it, which needs no password."""

    folder: str
    port: int
    database: str
    user: str = "postgres"


class Watcher(Protocol):
    """Is shown what revisions send; what is sent outside of a revision is passed over."""

    def before(self, rows: Rows, sql: str, caller: Caller) -> None:
        """See a statement that is about to be sent."""

    def after(self, rows: Rows, sql: str, caller: Caller, seconds: float) -> None:
        """See what came of a statement, in the session and the transaction that sent it."""

    def ended(self) -> None:
        """See the end of a transaction."""


def upgrade(config: Config, to: Sequence[str]) -> None:
    """Run ``alembic upgrade`` to each of some revisions.

    Raises RevisionFailed, or EngineNotRedirected.
    """
    for revision in to:
        _run("upgrade", config, revision)


def downgrade(config: Config, to: str) -> None:
    """Run ``alembic downgrade``. Raises RevisionFailed, or EngineNotRedirected."""
    _run("downgrade", config, to)


@contextmanager
def redirected(place: Place) -> Iterator[None]:
    """Bring every connection that an engine opens within to ``place``.

    One that cannot be, since it is opened by code of the project's own or is none of PostgreSQL,
    raises EngineNotRedirected before a statement is sent.
    """

    def lead(dialect: Any, _record: object, arguments: list[Any], named: dict[str, Any]) -> None:
        if dialect.name != "postgresql":
            raise _not_redirected(f"an engine of the project connects to {dialect.name}")
        arguments.clear()
        for name in [n for n in named if n in _REACHES or any(word in n for word in _NOT_HERE)]:
            del named[name]
        named.update(_parameters(dialect.driver, place))

    led: set[int] = set()

    def note(dialect: Any, record: Any, arguments: list[Any], named: dict[str, Any]) -> None:
        lead(dialect, record, arguments, named)
        led.add(id(record))

    def check(_connection: object, record: Any) -> None:
        if id(record) not in led:
            raise _not_redirected("an engine of the project is made with creator=")

    event.listen(Engine, "do_connect", note)
    event.listen(Engine, "connect", check, insert=True)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", note)
        event.remove(Engine, "connect", check)


@dataclass(slots=True)
class Noted:
    """What env.py has configured so far."""

    version_table: str = "alembic_version"


@contextmanager
def one_directory(config: Config) -> Iterator[None]:
    """Load the revisions once for all commands within: a thousand take 0.3 s."""
    made = ScriptDirectory.from_config
    directory = script_directory(config)

    def kept(_config: Config) -> ScriptDirectory:
        return directory

    ScriptDirectory.from_config = kept  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        ScriptDirectory.from_config = made  # type: ignore[method-assign]


@contextmanager
def configuring(*, apart: bool) -> Iterator[Noted]:
    """Note what env.py configures within; where ``apart``, give each revision a transaction of its
    own, as if each were deployed alone.
    """
    configure, noted = EnvironmentContext.configure, Noted()

    def configured(environment: EnvironmentContext, *given: Any, **named: Any) -> None:
        noted.version_table = named.get("version_table") or noted.version_table
        more = {"transaction_per_migration": True} if apart else {}
        configure(environment, *given, **{**named, **more})

    EnvironmentContext.configure = configured  # type: ignore[method-assign, assignment]
    try:
        yield noted
    finally:
        EnvironmentContext.configure = configure  # type: ignore[method-assign]


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Show a watcher each statement that a revision sends within."""
    begun: list[float] = []

    def before(connection: Connection, _cursor: object, sql: str, *_: object) -> None:
        if caller := frame.caller():
            watcher.before(_rows_of(connection), sql, caller)
            begun[:] = [time.perf_counter()]

    def after(connection: Connection, _cursor: object, sql: str, *_: object) -> None:
        if caller := frame.caller():
            seconds = time.perf_counter() - begun[0] if begun else 0.0
            watcher.after(_rows_of(connection), sql, caller, seconds)

    def ended(_connection: Connection) -> None:
        watcher.ended()

    listening: tuple[tuple[str, Callable[..., None]], ...] = (
        ("before_cursor_execute", before),
        ("after_cursor_execute", after),
        ("commit", ended),
        ("rollback", ended),
    )
    for name, listener in listening:
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listening:
            event.remove(Engine, name, listener)


def in_operation() -> bool:
    """Tell whether one of our operations sends the statement that a watcher is shown."""
    return frame.is_within("outofband.deploy")


def _run(direction: Direction, config: Config, to: str) -> None:
    env_py = script_directory(config).env_py_location
    try:
        with redirect_stdout(sys.stderr):
            flask_app.enter(env_py)
            getattr(command, direction)(config, to)
    except EngineNotRedirected:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error.__cause__, EngineNotRedirected):
            raise error.__cause__ from None
        raise _failed(direction, error) from None


def _rows_of(connection: Connection) -> Rows:
    def rows(sql: str) -> Sequence[tuple[Any, ...]]:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    return rows


def _parameters(driver: str, place: Place) -> dict[str, Any]:
    if driver == "pg8000":
        socket = f"{place.folder}/.s.PGSQL.{place.port}"
        return {"unix_sock": socket, "user": place.user, "database": place.database}
    name = "database" if driver == "asyncpg" else "dbname"
    return {"host": place.folder, "port": place.port, "user": place.user, name: place.database}


def _not_redirected(what: str) -> EngineNotRedirected:
    return EngineNotRedirected(
        what,
        why="a rehearsal sends statements to its own server only, and cannot lead this one there",
        do="Let env.py make a plain engine where -x rehearse is given, and rehearse with it",
    )


def _failed(direction: Direction, error: BaseException) -> RevisionFailed:
    caller = place_of(error)
    where = f"{caller.path}:{caller.line}" if caller else "env.py"
    name = f"revision {caller.revision}" if caller else "the project"
    return RevisionFailed(
        f"{direction} of {name} fails at {where}" if caller else f"{direction} fails in {where}",
        caller=caller,
        why=_told(error),
        do="Mend it, or see what the same command of alembic says on an empty database",
    )


def place_of(error: BaseException) -> Caller | None:
    """Return the place in a revision that an exception came from."""
    found = None
    for step, line in traceback.walk_tb(error.__traceback__):
        names = step.f_globals
        if isinstance(names.get("revision"), str) and "down_revision" in names:
            path, function = step.f_code.co_filename, step.f_code.co_name
            if found is None or path == found.path:
                direction = found.direction if found else _direction(function)
                found = Caller(names["revision"], direction, path, line)
    return found


def _direction(function: str) -> Direction:
    return "downgrade" if function == "downgrade" else "upgrade"


def _told(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = str(cause).partition("\n")[0]
    return (
        text if isinstance(error, CommandError | DBAPIError) else f"{type(error).__name__}: {text}"
    )
