"""Where writers write, switched at run time: one row that every write looks at.

::

    sqlite     files alone, and no mover moves: before the move, and after a roll-back
    both       files and rows: going back loses nothing
    postgres   rows alone: after the cut-over

A switch holds no write up, and ends when the last write of the former mode has. The mode
``postgres`` is refused while a janitor or reader is alive that knows files alone: it would not find
what is written from then on.
"""

from __future__ import annotations

import time
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import psycopg

from codeintel.roles import require_both_stores
from codeintel.store.errors import StoreNotMigrated
from codeintel.store.locks import lock_roles, mode_holders
from codeintel.store.upkeep import statement, tell
from outofband.errors import PartlyDone

_Connection = psycopg.Connection[Any]

PATIENCE: Final = timedelta(minutes=10)
_LOOK_EVERY: Final = timedelta(milliseconds=50)


class WritesUnderWay(PartlyDone):
    """The mode is another, and writes that began under the former one have not ended."""


class Mode(StrEnum):
    """A place to write to, or two."""

    SQLITE = "sqlite"
    BOTH = "both"
    POSTGRES = "postgres"

    @property
    def has_files(self) -> bool:
        """Whether a dump that is written gets a file."""
        return self is not Mode.POSTGRES

    @property
    def has_rows(self) -> bool:
        """Whether a dump that is written gets rows."""
        return self is not Mode.SQLITE


def current(connection: _Connection) -> Mode:
    """Return the mode now; raises StoreNotMigrated before revision 0006."""
    try:
        row = connection.execute(statement("mode")).fetchone()
    except psycopg.errors.UndefinedTable:
        raise StoreNotMigrated("it has no table of the mode") from None
    return Mode(row[0]) if row else Mode.POSTGRES


def switch(connection: _Connection, mode: Mode, patience: timedelta = PATIENCE) -> Mode:
    """Let writers write there from now on, and return where they wrote before.

    Needs an autocommit connection outside any transaction. Raises StoresUnknown where ``postgres``
    would be too soon; WritesUnderWay where one of the former mode outlasts the patience.
    """
    with connection.transaction(), psycopg.RawCursor(connection) as cursor:
        lock_roles(cursor)
        before = current(connection)
        if mode is Mode.POSTGRES:
            require_both_stores(connection, "the mode postgres")
        tell(cursor, "switch_mode", mode.value)
    _await_writes(connection, mode, patience)
    return before


def _await_writes(connection: _Connection, mode: Mode, patience: timedelta) -> None:
    """Wait for whoever may have looked at the mode before it changed."""
    deadline = time.monotonic() + patience.total_seconds()
    with psycopg.RawCursor(connection) as cursor:
        under_way = mode_holders(cursor)
        while under_way := under_way & mode_holders(cursor):
            if time.monotonic() > deadline:
                raise WritesUnderWay(
                    f"the mode is {mode}, and not all writers have followed",
                    why=f"writes of the former mode are under way: {len(under_way)}",
                    do="Run the same command again: it waits for them",
                )
            time.sleep(_LOOK_EVERY.total_seconds())
