"""The locks that writers, the mover, the janitor and a change of the mode take from each other.

Advisory, and of the transaction: a process that dies holds none. Their first key says that they are
this application's (``lsif`` in ASCII), the second is the dump's id; ids begin at 1, and 0 is the
mode of the writers, -1 the register of roles.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

CLASS: Final = int.from_bytes(b"lsif", "big")
_MODE: Final = 0
_ROLES: Final = -1


def lock_dump(cursor: psycopg.Cursor[Any], dump_id: int) -> None:
    """Wait until nobody else changes a dump, its rows or its files, and keep it so.

    To be taken before any lock on a table.
    """
    cursor.execute(f"SELECT pg_advisory_xact_lock({CLASS}, {dump_id:d})")


def try_lock_dump(cursor: psycopg.Cursor[Any], dump_id: int) -> bool:
    """Take that lock if it is free, and answer whether it was."""
    row = cursor.execute(f"SELECT pg_try_advisory_xact_lock({CLASS}, {dump_id:d})").fetchone()
    return row is not None and bool(row[0])


def hold_mode(cursor: psycopg.Cursor[Any]) -> None:
    """Show until the transaction ends that a write of the present mode is under way.

    To be taken before a dump's lock. Nobody takes it exclusively, so nobody ever waits for it:
    who changes the mode looks until those who hold it are through.
    """
    cursor.execute(f"SELECT pg_advisory_xact_lock_shared({CLASS}, {_MODE})")


def mode_holders(cursor: psycopg.Cursor[Any]) -> frozenset[str]:
    """Return the virtual ids of the transactions of this database that hold it."""
    rows = cursor.execute(
        "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        f"AND classid = {CLASS} AND objid = {_MODE} AND objsubid = 2"
    )
    return frozenset(holder for (holder,) in rows)


def lock_roles(cursor: psycopg.Cursor[Any]) -> None:
    """Let nobody register, and nobody change the mode, until the transaction ends."""
    cursor.execute(f"SELECT pg_advisory_xact_lock({CLASS}, {_ROLES})")
