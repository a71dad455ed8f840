"""Are there connections left for the build and for who watches it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.runbook.preflight.finding import Finding

NEEDED = 1
"""Beside the session that asks, which builds: one that watches."""


@dataclass(frozen=True, slots=True)
class Connections:
    """How many more the server, the database and the role admit; None where nothing limits it."""

    server: int
    database: int | None
    role: int | None


def read_connections(reader: Reader) -> Connections:
    """Count the connections that are left."""
    return Connections(**reader.rows(query("connections"))[0])


def judge_connections(left: Connections) -> Iterator[Finding]:
    """Warn that nobody could watch: the build itself has its connection already."""
    limits = {
        "server (max_connections)": left.server,
        "database (CONNECTION LIMIT)": left.database,
        "role (CONNECTION LIMIT)": left.role,
    }
    for whose, number in limits.items():
        if number is not None and number < NEEDED:
            yield Finding(
                f"no connection of the {whose} is left to watch the build with, or to come back "
                "by when this one is lost (53300)",
                "End a session that is idle",
            )
