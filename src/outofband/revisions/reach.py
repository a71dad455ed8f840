"""What to say when the project's own engine cannot connect.

Drivers quote pieces of passwords in their texts ("failed to resolve host 'ret@h'"), so a text is
only searched for what it is known to mean, never repeated; where the connection was going comes
from the parameters that SQLAlchemy had parsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from outofband.errors import StateUnknown


class DatabaseNotReached(StateUnknown):
    """The project's engine could not connect."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection goes. It has no place for a password."""

    host: str = ""
    port: str = ""
    database: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Target:
        """Take host, port and database from a driver's connection parameters, whatever it calls
        them.
        """
        database = parameters.get("dbname") or parameters.get("database") or ""
        # An @ that stands bare in a password leaves a piece of it before the host's name.
        host = str(parameters.get("host") or "").rpartition("@")[2]
        return cls(host, str(parameters.get("port") or ""), str(database))

    def __str__(self) -> str:
        place = f"{self.host}:{self.port}" if self.host and self.port else self.host
        named = f"database {self.database}" if self.database else "the database of env.py"
        return f"{named} at {place}" if place else named


_MEANINGS = (
    ("password authentication failed", "the server refuses the user or its password"),
    ("no password supplied", "the server wants a password and none is configured"),
    ("no pg_hba.conf entry", "the server's pg_hba.conf lets this user in from elsewhere only"),
    ("does not exist", "the server has no such database or role"),
    ("too many clients", "the server has no connection left"),
    ("remaining connection slots", "the server has no connection left"),
    ("starting up", "the server is starting up"),
    ("shutting down", "the server is shutting down"),
    ("resolve host", "the host name is unknown"),
    ("translate host name", "the host name is unknown"),
    ("name or service not known", "the host name is unknown"),
    ("refused", "nothing listens there"),
    ("no such file or directory", "there is no such socket"),
    ("timeout", "it did not answer in time"),
    ("timed out", "it did not answer in time"),
    ("ssl", "TLS could not be agreed on"),
)


@contextmanager
def reaching() -> Iterator[None]:
    """Raise DatabaseNotReached, naming host, port and database, where a connection attempted within
    fails.
    """
    targets: list[Target] = []

    def note(_dialect: object, _record: object, _args: object, parameters: dict[str, Any]) -> None:
        targets.append(Target.of(parameters))

    event.listen(Engine, "do_connect", note)
    try:
        yield
    except (DBAPIError, ConnectionError, TimeoutError) as error:
        raise not_reached(error, targets[-1] if targets else Target()) from None
    finally:
        event.remove(Engine, "do_connect", note)


def not_reached(error: Exception, target: Target) -> DatabaseNotReached:
    """Say in our words why a connection to ``target`` failed."""
    text = str(error).lower()
    meanings = (meaning for sign, meaning in _MEANINGS if sign in text)
    why = next(meanings, "the driver did not connect")
    return DatabaseNotReached(
        f"cannot connect to {target}", why=why, do="See whether `alembic current` can"
    )
