"""Who is at work on the store, and which stores each of them knows.

The move from files to rows goes janitor -> readers -> mover -> writers: a dump that is rows alone
is lost to a reader that knows files alone, and a janitor of that kind deletes its record. So every
process registers what it is, and is alive while its heartbeat, by the server's clock, is younger
than ALIVE_FOR. What would leave somebody alive behind is refused; a process that would be left
behind is refused when it registers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Any, Final, Literal

import psycopg

from codeintel.store.connection import connection as connected
from codeintel.store.errors import StoreNotMigrated
from codeintel.store.locks import lock_roles
from codeintel.store.upkeep import ask, statement, tell
from outofband.backfill import here
from outofband.errors import NothingChanged, OutofbandError

_Connection = psycopg.Connection[Any]
Connect = Callable[[], AbstractContextManager[_Connection]]
"""Opens an autocommit connection to the store for a moment."""
RoleName = Literal["janitor", "reader", "mover", "writer"]

#: A process that has not beaten for so long is taken for dead.
ALIVE_FOR: Final = timedelta(seconds=30)
_BEAT_EVERY: Final = timedelta(seconds=10)

FILES: Final = "sqlite"
ROWS: Final = "postgres"
BOTH_STORES: Final = frozenset({FILES, ROWS})

#: The roles that go by where a dump is.
_WHO_FINDS: Final = ("janitor", "reader")


class StoresUnknown(NothingChanged):
    """A janitor or reader that is alive does not know both stores."""


class MoveNotBegun(NothingChanged):
    """Writers write files alone: nobody has said that dumps may become rows, or they went back."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a process says of itself: its part, its release, the stores it knows, how it acts."""

    role: RoleName
    mode: str
    stores: frozenset[str] = BOTH_STORES
    version: str = version("alembic-outofband")


@dataclass(frozen=True, slots=True)
class Living:
    """A process that is alive, and how long ago it said so."""

    id: int
    host: str
    pid: int
    role: Role
    since_heartbeat: timedelta

    @property
    def knows_both(self) -> bool:
        """Whether it finds a dump wherever it is."""
        return self.role.stores >= BOTH_STORES

    def __str__(self) -> str:
        return f"{self.role.role} {self.role.version}, process {self.pid} on {self.host}"


def alive(connection: _Connection) -> list[Living]:
    """Return who is alive, by role, host and process; raises StoreNotMigrated."""
    try:
        with psycopg.RawCursor(connection) as cursor:
            rows = cursor.execute(statement("alive"), [ALIVE_FOR.total_seconds()]).fetchall()
    except psycopg.errors.UndefinedTable:
        raise StoreNotMigrated("it has no table of roles") from None
    return [
        Living(id_, host, pid, Role(role, mode, frozenset(stores), release), timedelta(seconds=age))
        for id_, role, host, pid, release, stores, mode, age in rows
    ]


def require_both_stores(connection: _Connection, what: str) -> list[Living]:
    """Return the janitors and readers that are alive; raises StoresUnknown for ``what``.

    Where nobody is alive there is nobody to leave behind. To be asked again in every transaction
    that makes a dump rows alone: processes come and go.
    """
    living = alive(connection)
    if left := behind(living):
        raise StoresUnknown(
            f"{what} is refused",
            why=f"{_listed(left)} would not find a dump that is rows alone",
            do="Replace each by the release that knows both stores, or wait "
            f"{ALIVE_FOR.total_seconds():.0f} s after it has stopped",
        )
    return [one for one in living if one.role.role in _WHO_FINDS]


def require_begun(mode: str) -> None:
    """Refuse to move in the mode ``sqlite``. Raises MoveNotBegun."""
    if mode == FILES:
        raise MoveNotBegun(
            "moving bundles is refused",
            why="the mode is sqlite: writers write files alone, before the move or after the way"
            " back",
            do="Run codeintel mode both when every reader and janitor knows both stores",
        )


def behind(living: Iterable[Living]) -> list[Living]:
    """Return the janitors and readers among them that know files alone."""
    return [one for one in living if one.role.role in _WHO_FINDS and not one.knows_both]


def _listed(living: list[Living]) -> str:
    shown = "; ".join(map(str, living[:3]))
    return shown if len(living) <= 3 else f"{shown}; and {len(living) - 3} more"


def register(connection: _Connection, role: Role) -> int:
    """Enter a process as alive and return its id.

    Raises StoresUnknown, MoveNotBegun, StoreNotMigrated.
    """
    try:
        with connection.transaction(), psycopg.RawCursor(connection) as cursor:
            lock_roles(cursor)
            if role.role == "mover":
                require_both_stores(connection, "moving bundles")
                for (mode,) in cursor.execute(statement("mode")):
                    require_begun(mode)
            [has_left_files] = ask(cursor, "has_left_files", ALIVE_FOR.total_seconds())
            if has_left_files and role.role in _WHO_FINDS and role.stores < BOTH_STORES:
                raise StoresUnknown(
                    f"this {role.role} does not start",
                    why="it knows files alone, and dumps are rows alone, or become so by a mover",
                    do="Start the release that knows both stores",
                )
            tell(cursor, "forget_dead")
            whose = (role.role, here(), os.getpid(), role.version)
            [id_] = ask(cursor, "register", *whose, sorted(role.stores), role.mode)
            return int(id_)
    except psycopg.errors.UndefinedTable:
        raise StoreNotMigrated("it has no table of roles") from None


def beat(connection: _Connection, id_: int, mode: str) -> bool:
    """Say that a process is alive and how it acts; False where it had long been taken for dead."""
    with psycopg.RawCursor(connection) as cursor:
        return tell(cursor, "beat", id_, mode) == 1


def leave(connection: _Connection, id_: int) -> None:
    """Take a process that ends off the register."""
    with psycopg.RawCursor(connection) as cursor:
        tell(cursor, "leave", id_)


class Registration:
    """A process on the register; ``mode`` may change while it is at work."""

    def __init__(self, connect: Connect, role: Role) -> None:
        """Register; raises what register and ``connect`` do."""
        self._connect = connect
        self.role = role
        with connect() as connection:
            self._id = register(connection, role)

    def beat(self, mode: str | None = None) -> None:
        """Say that the process is alive; a connection of its own for each, so none can be lost."""
        self.role = replace(self.role, mode=mode or self.role.mode)
        with self._connect() as connection:
            if not beat(connection, self._id, self.role.mode):
                self._id = register(connection, self.role)

    def leave(self) -> None:
        """Take the process off the register."""
        with self._connect() as connection:
            leave(connection, self._id)


def registered(url: str, role: Role) -> AbstractContextManager[Registration]:
    """Keep a process on the register of the store at a URL while the block runs."""
    return registered_by(partial(connected, url), role)


@contextmanager
def registered_by(connect: Connect, role: Role) -> Iterator[Registration]:
    """Keep a process on the register while the block runs, by a heartbeat in a thread.

    A heartbeat that fails is tried again at the next: a process that the store cannot hear is taken
    for dead, and one that knows both stores is as right then as before.
    """
    registration = Registration(connect, role)
    over = threading.Event()

    def keep_beating() -> None:
        while not over.wait(_BEAT_EVERY.total_seconds()):
            with suppress(OutofbandError):
                registration.beat()

    thread = threading.Thread(target=keep_beating, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield registration
    finally:
        over.set()
        thread.join()
        with suppress(OutofbandError):  # unheard, it is taken for dead soon
            registration.leave()
