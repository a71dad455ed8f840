"""Does a pooler stand between Alembic's connection and the server?

PgBouncer invents the key that a client may cancel with, and the process id in it (measured with
1.18), so that the id of the protocol is not the one the server has.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from outofband.deploy.connection import DeployConnection
from outofband.deploy.refusal import DeployRefused


class PoolerBetween(DeployRefused):
    """The session of the upgrade is one that a pooler may give to somebody else."""


def require_own_session(connection: Connection) -> None:
    """Raise PoolerBetween where another process serves the connection than the protocol says.

    A driver that does not tell the process is not judged (pg8000 keeps it to itself).
    """
    told = _protocol_pid(connection.connection.driver_connection)
    sql = "SELECT pg_backend_pid() AS pid"
    if told is None or told == DeployConnection(connection).rows(sql)[0]["pid"]:
        return
    raise PoolerBetween(
        "a connection pooler stands between this upgrade and the server",
        why="the lock that lets one upgrade run at a time, and lock_timeout, would stay with a"
        " session that other clients get",
        do="Give migrations a URL past the pooler (outofband plan names the provider's), or, where"
        ' it keeps a session for one client until that leaves, set pooler = "session"',
    )


def _protocol_pid(driver: Any) -> int | None:
    """Return the process that the protocol named: psycopg and psycopg2 keep it in info, asyncpg
    has a method.
    """
    pid = getattr(getattr(driver, "info", None), "backend_pid", None)
    if pid is None and hasattr(driver, "get_server_pid"):
        pid = driver.get_server_pid()
    return pid if isinstance(pid, int) else None
