"""Can this server run concurrent builds at all: is it the primary, and a release that can?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.runbook.preflight.finding import Finding

CORRUPTING = range(140000, 140004)
"""The releases whose CREATE and REINDEX INDEX CONCURRENTLY may leave rows out of the index: 14.0 to
14.3 (PostgreSQL 14.4, release notes; BUG #17485).
"""


@dataclass(frozen=True, slots=True)
class Server:
    """The server and the session: ``pid`` is the process that answers, as it names itself."""

    version: int
    role: str
    database: str
    pid: int
    standby: bool
    read_only: bool


def read_server(reader: Reader) -> Server:
    """Ask the server who it is."""
    return Server(**reader.rows(query("server"))[0])


def judge_server(server: Server, *, builds: bool) -> Iterator[Finding]:
    """Refuse a server that takes no writes, and builds where they corrupt."""
    if server.standby:
        do = "Connect to the primary; target_session_attrs=read-write in the URL finds it"
        yield Finding("this database takes no writes: it is a standby", do, stops=True)
    elif server.read_only:
        yield Finding(
            f"role {server.role} writes nothing in database {server.database}: "
            "default_transaction_read_only is on, as some providers set it when a disk is full",
            "Find why; if it may write, run this with "
            "PGOPTIONS='-c default_transaction_read_only=off'",
            stops=True,
        )
    if builds and server.version in CORRUPTING:
        release = f"14.{server.version % 10000}"
        yield Finding(
            f"PostgreSQL {release} builds corrupt indexes concurrently (BUG #17485)",
            "Upgrade the server to 14.4 or newer, and reindex what was built concurrently before",
            stops=True,
        )
