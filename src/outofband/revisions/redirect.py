"""Whatever database the project's engines would connect to, they come to the one that is given, by
whichever driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Engine, event

from outofband.errors import NothingChanged

_NOT_HERE = ("pass", "ssl", "gss", "krb", "service", "hostaddr", "channel", "target", "require")
_WITH_TLS = ("require", "verify-ca", "verify-full")
_REACHES = ("host", "port", "user", "database", "dbname", "dsn", "unix_sock", "load_balance_hosts")


class EngineNotRedirected(NothingChanged):
    """An engine of the project opens connections in a way that leads to a server of its own."""


class Place(Protocol):
    """A server, and a database on it."""

    @property
    def host(self) -> str:
        """What libpq takes as host: a name, an address, or the folder of a socket."""

    @property
    def port(self) -> int:
        """Where it listens; the number in a socket's name."""

    @property
    def database(self) -> str:
        """Its name."""

    @property
    def role(self) -> str:
        """Whom to connect as."""

    @property
    def more(self) -> Mapping[str, str]:
        """What else libpq is to be told: a password, how to use TLS."""


@contextmanager
def redirected(place: Place) -> Iterator[None]:
    """Bring every connection that an engine opens within to ``place``.

    One that cannot be, since it is opened by code of the project's own or is none of PostgreSQL,
    raises EngineNotRedirected before a statement is sent.
    """

    def lead(dialect: Any, _record: object, arguments: list[Any], named: dict[str, Any]) -> None:
        if dialect.name != "postgresql":
            raise EngineNotRedirected(
                f"an engine of the project connects to {dialect.name}",
                why="a rehearsal has a server of PostgreSQL",
                do="Set what env.py reads so that it connects to PostgreSQL; any address will do",
            )
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


def _parameters(driver: str, place: Place) -> dict[str, Any]:
    """Return how a driver is told of a place; all but these two are libpq."""
    if driver not in ("pg8000", "asyncpg"):
        own = {"host": place.host, "port": place.port, "user": place.role}
        return {**place.more, **own, "dbname": place.database}
    told: dict[str, Any] = {"user": place.role, "database": place.database}
    if "password" in place.more:
        told["password"] = place.more["password"]
    if driver == "pg8000" and place.host.startswith("/"):
        return {**told, "unix_sock": f"{place.host}/.s.PGSQL.{place.port}"}
    mode = place.more.get("sslmode")
    if driver == "asyncpg" and mode:
        told["ssl"] = mode
    elif driver == "pg8000":
        told["ssl_context"] = True if mode in _WITH_TLS else None
    return {**told, "host": place.host, "port": place.port}


def _not_redirected(what: str) -> EngineNotRedirected:
    return EngineNotRedirected(
        what,
        why="a rehearsal sends statements to its own server only, and cannot lead this one there",
        do="Let env.py make a plain engine where -x rehearse is given, and rehearse with it",
    )
