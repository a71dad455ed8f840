"""A server to play scenes on."""

from __future__ import annotations

from pathlib import Path

import psycopg

from faults.project import PLAINLY, ROWS, TABLES
from faults.scene import Run, Scene, indexes
from outofband.ephemeral import Server

SETTINGS = {"synchronous_commit": "on", "max_connections": "100"}
"""A commit that the application was told of outlives a crash of the server's processes."""


class Stage:
    """A server of a major version, a database to copy, and the indexes it should end with."""

    def __init__(self, server: Server, project: Path, logs: Path) -> None:
        self.server, self._project = server, project
        self.admin("CREATE DATABASE plainly")
        with psycopg.connect(server.url("plainly"), autocommit=True) as session:
            for statement in (*TABLES, *PLAINLY):
                session.execute(statement.encode())
            self.expected = indexes(session)
        self.admin("CREATE DATABASE begun")
        self._begin(logs)

    def _begin(self, logs: Path) -> None:
        url = self.server.url("begun")
        self._upgrade(url, "1", logs)
        with psycopg.connect(url, autocommit=True) as session:
            for statement in ROWS:
                session.execute(statement.encode())
        self._upgrade(url, "2", logs)

    def _upgrade(self, url: str, to: str, logs: Path) -> None:
        driver = url.replace("postgresql:", "postgresql+psycopg:")
        words = ["alembic", "-x", f"url={driver}", "upgrade", to]
        run = Run(words, self._project, logs / f"upgrade{to}.log")
        assert run.status() == 0, run.said

    def scene(self, logs: Path) -> Scene:
        self.admin("DROP DATABASE IF EXISTS scene WITH (FORCE)")
        self.admin("CREATE DATABASE scene TEMPLATE begun")
        return Scene(self.server, self.server.url("scene"), self._project, logs)

    def admin(self, command: str) -> None:
        """Run a command of the whole server."""
        with psycopg.connect(self.server.url(), autocommit=True) as session:
            session.execute(command.encode())
