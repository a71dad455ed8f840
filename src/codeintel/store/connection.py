"""A connection to the store, and its errors in words that hold no secret.

A driver's own text on a failed connection may contain pieces of the password, so nothing of it is
kept: of an error of the server only SQLSTATE and the primary message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from outofband.errors import Misuse, NothingChanged, StateUnknown

_CONNECT_TIMEOUT = 10  # seconds


class DatabaseUrlWrong(Misuse):
    """The database URL is not one that libpq understands."""


class StoreUnreachable(StateUnknown):
    """No connection to the store could be opened."""

    default_state = "Nothing was changed"


class StoreLost(StateUnknown):
    """The connection ended before the server had confirmed what was asked of it."""


class StoreRefused(NothingChanged):
    """The server answered with an error, and rolled back."""


@contextmanager
def connection(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Yield an autocommit connection; SQLAlchemy's ``+driver`` in a URL is taken off.

    Raises DatabaseUrlWrong, StoreUnreachable, and for what psycopg raises inside the block
    StoreLost or StoreRefused.
    """
    parameters = _parameters(url)
    try:
        opened = psycopg.connect(**parameters, autocommit=True)
    except psycopg.Error:
        raise StoreUnreachable(
            f"no connection to {_where(parameters)}",
            why="nothing listens there, or the server refuses this role or password",
            do="Check host, port, database, role and password",
        ) from None
    with opened, in_words(opened, url):
        yield opened


@contextmanager
def in_words(opened: psycopg.Connection[Any], url: str) -> Iterator[None]:
    """Tell what psycopg raises in the block as StoreLost or StoreRefused of the store at a URL."""
    try:
        yield
    except psycopg.Error as error:
        raise _in_words(error, _where(_parameters(url)), lost=opened.broken) from None


def _where(parameters: Mapping[str, Any]) -> str:
    database = parameters.get("dbname", "the store")
    return f"{database} on {parameters.get('host', 'the local socket')}"


def _parameters(url: str) -> dict[str, Any]:
    try:
        parameters = conninfo_to_dict(re.sub(r"^postgres(?:ql)?\+\w+://", "postgresql://", url))
    except psycopg.ProgrammingError:
        raise DatabaseUrlWrong(
            "the database URL cannot be read",
            why="it is neither a URL nor a list of key=value pairs",
            do="Write it as postgresql://role@host:5432/database",
        ) from None
    if "@" in str(parameters.get("host", "")):
        raise DatabaseUrlWrong(
            "the database URL cannot be read",
            why="its password has an @ that is not encoded, so a piece of it counts as the host",
            do="Write the @ as %40",
        )
    return {"connect_timeout": _CONNECT_TIMEOUT, **parameters}


def _in_words(error: psycopg.Error, where: str, *, lost: bool) -> StoreLost | StoreRefused:
    if lost:
        return StoreLost(
            f"the connection to {where} was lost",
            why="the server or the network ended it",
            do="Run the same command again: a dump that is there already is not written twice",
        )
    return StoreRefused(
        f"{where} refused",
        why=f"{error.diag.message_primary or type(error).__name__} (SQLSTATE {error.sqlstate})",
        do="Remove the cause and run the same command again",
    )
