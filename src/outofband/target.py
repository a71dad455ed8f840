"""Where a database is, and what to say when it is not reached: the same words for every driver.

Drivers quote pieces of passwords in their texts ("failed to resolve host 'ret@h'"), so a text is
only searched for what it is known to mean, never repeated; where the connection was going comes
from parsed parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from outofband.errors import NothingChanged, StateUnknown
from outofband.model.names import quote


class DatabaseNotReached(StateUnknown):
    """No connection to the database could be opened."""

    default_state = "Nothing was changed by this call"


class HostAway(DatabaseNotReached):
    """The host did not answer in time, or its name is unknown, whichever database is asked for."""


class MayNotConnect(NothingChanged, DatabaseNotReached):
    """The server lets the role in, and not into this database."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection goes, and as whom. It has no place for a password."""

    host: str = ""
    port: str = ""
    database: str = ""
    role: str = field(default="", compare=False)

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Target:
        """Take host, port, database and role from a driver's connection parameters, whatever it
        calls them.
        """
        database = parameters.get("dbname") or parameters.get("database") or ""
        host, port = parameters.get("host") or "", parameters.get("port") or ""
        role = parameters.get("user") or ""
        return cls(str(host), str(port), str(database), str(role))

    @property
    def is_misread(self) -> bool:
        """Whether a host or a database has an @: then it is a piece of a password that was not
        percent-encoded.
        """
        return "@" in self.host or "@" in self.database

    def __str__(self) -> str:
        if self.is_misread:
            return "a database that its URL does not tell"
        place = f"{self.host}:{self.port}" if self.host and self.port else self.host
        named = f"database {self.database}" if self.database else "the role's own database"
        return f"{named} at {place}" if place else named

    def not_reached(self, error: Exception) -> DatabaseNotReached:
        """Say in our words why connecting failed."""
        text = str(error).lower()
        if _MAY_NOT_CONNECT in text and not self.is_misread:
            return self._may_not_connect()
        meanings = (meaning for sign, meaning in _MEANINGS if sign in text)
        return self.away_because(next(meanings, "the driver did not connect"))

    def away_because(self, why: str) -> DatabaseNotReached:
        """Say that there was no connection, for a reason in our words."""
        if self.is_misread:
            do = "Percent-encode the password in the URL: @ is %40, / is %2F, : is %3A"
        else:
            do = "Check host, port, database, role and network, then run the same command again"
        kind = HostAway if why in (_NO_ANSWER, _NO_SUCH_HOST) else DatabaseNotReached
        return kind(f"cannot connect to {self}", why=why, do=do)

    def _may_not_connect(self) -> MayNotConnect:
        database, role = self.database or self.role, self.role or "ROLE"
        return MayNotConnect(
            f"role {role} may not connect to {self}",
            do="Let the database's owner run "
            f"GRANT CONNECT ON DATABASE {quote(database)} TO {quote(role)};",
        )


_MAY_NOT_CONNECT = "permission denied for database"
_NO_ANSWER, _NO_SUCH_HOST = "it did not answer in time", "the host name is unknown"
_MEANINGS = (
    ("password authentication failed", "the server refuses the role or its password"),
    ("no password supplied", "the server wants a password and none is configured"),
    ("no pg_hba.conf entry", "the server's pg_hba.conf lets this role in from elsewhere only"),
    ("does not exist", "the server has no such database or role"),
    ("too many clients", "the server has no connection left"),
    ("remaining connection slots", "the server has no connection left"),
    ("starting up", "the server is starting up"),
    ("shutting down", "the server is shutting down"),
    ("resolve host", _NO_SUCH_HOST),
    ("translate host name", _NO_SUCH_HOST),
    ("name or service not known", _NO_SUCH_HOST),
    ("refused", "nothing listens there"),
    ("no such file or directory", "there is no such socket"),
    ("timeout", _NO_ANSWER),
    ("timed out", _NO_ANSWER),
    ("ssl", "TLS could not be agreed on"),
)
