"""How further sessions reach the database that env.py's engine reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from outofband.errors import Misuse
from outofband.revisions.environment import Environment, EnvPyFailed, recorded
from outofband.revisions.reach import reaching
from outofband.target import Target

_SSL_NAMES = ("sslmode", "ssl")


class NotPostgres(Misuse):
    """env.py connects to another database system."""


@dataclass(frozen=True, slots=True)
class Connector:
    """Opens sessions on the database of a project's own engine."""

    engine: Engine

    def open(self) -> Any:
        """Return a new session, as a connection of psycopg, or the parameters that libpq needs for
        one.

        A connection comes from the engine itself, so that creators, tokens and event listeners
        hold; it belongs to the caller and to no pool. Behind another driver it is a ``dict`` of
        libpq parameters, the password among them: psycopg2's are those of a connection the engine
        opened, an asynchronous driver's those of its URL. Raises DatabaseNotReached.
        """
        with reaching(self.engine.dialect.loaded_dbapi.Error):
            dialect = self.engine.dialect
            if dialect.is_async or dialect.driver not in ("psycopg", "psycopg2"):
                return of_url(self.engine.url)
            pooled = self.engine.raw_connection()
            connection: Any = pooled.driver_connection
            pooled.detach()
            if dialect.driver == "psycopg":
                connection.rollback()
                return connection
            try:
                return _of_psycopg2(connection)
            finally:
                connection.close()

    def target(self) -> Target:
        """Tell where connections go; opens one. Raises DatabaseNotReached."""
        opened = self.open()
        if isinstance(opened, Mapping):
            return Target.of(opened)
        try:
            info = opened.info
            return Target(info.host, str(info.port), info.dbname)
        finally:
            opened.close()

    def describe(self) -> str:
        """Return host, port and database, for people; never a password."""
        return str(self.target())


def connector(environment: Environment) -> Connector:
    """Return a connector to the database that ``alembic current`` would ask.

    env.py runs online once; its engine is kept. Raises DatabaseNotReached, EnvPyFailed or
    NotPostgres.
    """
    given = recorded(environment.config, environment.script, as_sql=False)
    connection = given.get("connection")
    if connection is None:
        raise EnvPyFailed(
            f"{environment.script.env_py_location} configures no connection",
            why="context.configure() was called without one in an online run",
            do="Pass connection= there, as Alembic's template does",
        )
    if connection.dialect.name != "postgresql":
        raise NotPostgres(
            f"env.py connects to {connection.dialect.name}",
            why="out-of-band steps exist on PostgreSQL only",
            do="Choose the PostgreSQL database with -n or -x",
        )
    engine: Engine = connection.engine
    engine.dispose()  # env.py's own session, where a pool has kept it
    return Connector(engine)


def of_url(url: URL) -> dict[str, str]:
    """Return a URL as libpq's parameters; what libpq does not know is left out."""
    told = {
        "host": url.host or url.query.get("host"),
        "port": url.port or url.query.get("port"),
        "dbname": url.database,
        "user": url.username,
        "password": url.password,
        "sslmode": next((url.query[name] for name in _SSL_NAMES if name in url.query), None),
    }
    return {key: str(value) for key, value in told.items() if value}


def _of_psycopg2(connection: Any) -> dict[str, str]:
    parameters = dict(connection.info.dsn_parameters)
    if connection.info.password:
        parameters["password"] = connection.info.password
    return parameters
