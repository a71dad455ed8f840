"""Where connections come from: a URL, or whatever env.py configured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from psycopg.conninfo import conninfo_to_dict

from outofband.errors import Misuse
from outofband.model.names import quote
from outofband.target import DatabaseNotReached, Target

LIMITS = {
    "connect_timeout": 10,
    # A peer that is gone without a word is noticed in a minute, instead of two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Source(Protocol):
    """Opens new connections to one database."""

    def open(self) -> Any:
        """Return a new psycopg connection, or the libpq parameters to open one with."""
        ...

    def target(self) -> Target:
        """Tell where connections go."""
        ...

    def describe(self) -> str:
        """Tell host, port and database, and never a password."""
        ...


class UrlWrong(Misuse):
    """The database URL is not one that libpq understands."""


@dataclass(frozen=True, slots=True)
class Url:
    """A database given by URL or libpq connection string; SQLAlchemy's ``+driver`` is taken off."""

    text: str = field(repr=False)

    def open(self) -> dict[str, Any]:
        """Return the libpq parameters. Raises UrlWrong, which names no part of the text."""
        plain = re.sub(r"^postgres(?:ql)?\+\w+://", "postgresql://", self.text)
        if _is_ambiguous(plain):
            raise UrlWrong(
                "the database URL cannot be read",
                why="it has an @ that belongs to no user name, perhaps that of a password",
                do="Percent-encode the password: @ is %40, / is %2F, : is %3A",
            )
        try:
            return dict(conninfo_to_dict(plain))
        except psycopg.ProgrammingError:
            raise UrlWrong(
                "the database URL cannot be read",
                why="it is neither a URL nor a list of key=value pairs",
                do="Write it as postgresql://role@host:5432/database",
            ) from None

    def target(self) -> Target:
        """Tell where connections go."""
        return Target.of(self.open())

    def describe(self) -> str:
        """Tell host, port and database."""
        return str(self.target())


def _is_ambiguous(url: str) -> bool:
    """Tell whether libpq would take a part of a password for a host or a database, and print it."""
    authority, _, path = url.partition("://")[2].partition("?")[0].partition("/")
    return authority.count("@") > 1 or "@" in path


def connect(source: Source) -> psycopg.Connection[Any]:
    """Open a new autocommit connection. Raises DatabaseNotReached."""
    opened = source.open()
    if isinstance(opened, Mapping):
        try:
            opened = psycopg.connect(**{**LIMITS, **opened})
        except psycopg.Error as error:
            raise Target.of(opened).not_reached(error) from None
    connection: psycopg.Connection[Any] = opened
    connection.autocommit = True
    return connection


@dataclass(frozen=True, slots=True)
class InSchema:
    """A schema of a database: its connections look for names there first, then in ``others``.

    ``where`` is the database, so that nobody has to connect to tell it.
    """

    source: Source
    schema: str
    others: tuple[str, ...]
    where: Target

    def open(self) -> psycopg.Connection[Any]:
        """Return a new connection. Raises DatabaseNotReached."""
        connection = connect(self.source)
        path = ", ".join(map(quote, (self.schema, *self.others)))
        try:
            connection.execute("SELECT set_config('search_path', %s, false)", [path])
        except psycopg.Error as error:
            connection.close()
            raise self.where.not_reached(error) from None
        return connection

    def target(self) -> Target:
        """Tell where connections go."""
        return self.where

    def describe(self) -> str:
        """Tell database, host, port and schema."""
        return f"{self.where}, schema {self.schema}"


@dataclass(frozen=True, slots=True)
class NotReached:
    """A database that could not be reached: whoever connects to it is told so again."""

    error: DatabaseNotReached

    def open(self) -> Any:
        """Raise DatabaseNotReached."""
        raise self.error

    def target(self) -> Target:
        """Tell that it is not known where."""
        return Target()

    def describe(self) -> str:
        """Tell that it is not known where."""
        return "a database that was not reached"
