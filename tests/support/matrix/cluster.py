"""Databases to measure in, on one server."""

from __future__ import annotations

import itertools
import re
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from matrix.trace import Seen, Step, trace
from outofband.ephemeral import Server

TABLESPACE = re.compile(r"\btablespace\s+(\w+)", re.IGNORECASE)
NO_TABLESPACE = {"pg_default", "pg_global"}


class Cluster:
    """A server's databases: one for each setup, copied for whoever changes it.

    Setups are told apart by their SQL, which is run a statement at a time, outside transactions.
    """

    def __init__(self, server: Server) -> None:
        self.major = server.version // 10_000
        self._server = server
        self._admin = psycopg.connect(server.url(), autocommit=True)
        self._admin.execute("SET allow_in_place_tablespaces = on")
        self._numbers = itertools.count(1)
        self._made: dict[tuple[str, ...], str] = {}
        self._shared: dict[tuple[str, ...], str] = {}
        self._tablespaces = set(NO_TABLESPACE)

    def close(self) -> None:
        """Disconnect."""
        self._admin.close()

    def measure(self, setup: tuple[str, ...], *steps: Step) -> Seen:
        """Trace steps in a database as the setup leaves it; raises what the setup raises."""
        self._make_tablespaces(*setup, *(step.sql for step in steps))
        if all(_can_be_rolled_back(step) for step in steps):
            return trace(self._database_to_look_at(setup), *steps)
        url = self._copy(self._database(setup))
        try:
            return trace(url, *steps)
        finally:
            self._execute("DROP DATABASE {} WITH (FORCE)", _name(url))

    def _database_to_look_at(self, setup: tuple[str, ...]) -> str:
        # A template must have nobody connected to it, and a session takes a while to be gone.
        if setup not in self._shared:
            self._shared[setup] = self._copy(self._database(setup))
        return self._shared[setup]

    def _database(self, setup: tuple[str, ...]) -> str:
        if setup not in self._made:
            url = self._copy(self._database(setup[:-1])) if setup else self._create("template0")
            self._made[setup] = url
            if setup:
                self._run(url, setup[-1])
        return self._made[setup]

    def _run(self, url: str, script: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in Step(script).statements:
                connection.execute(statement.encode())

    def _copy(self, url: str) -> str:
        return self._create(_name(url))

    def _create(self, template: str) -> str:
        name = f"matrix_{next(self._numbers)}"
        # Without a detour through the WAL; 14 knows no other way.
        strategy = " STRATEGY file_copy" if self.major >= 15 else ""
        self._execute("CREATE DATABASE {} TEMPLATE {}" + strategy, name, template)
        return self._server.url(name)

    def _make_tablespaces(self, *scripts: str) -> None:
        named = {name.lower() for script in scripts for name in TABLESPACE.findall(script)}
        for name in sorted(named - self._tablespaces):
            self._execute("CREATE TABLESPACE {} LOCATION ''", name)
            self._tablespaces.add(name)

    def _execute(self, command: str, *names: str) -> None:
        composed: Any = sql.SQL(command).format(*map(sql.Identifier, names))
        self._admin.execute(composed)


def _can_be_rolled_back(step: Step) -> bool:
    controls = ("begin", "start", "commit", "end", "rollback", "abort", "prepare")
    words = {statement.split()[0].lower() for statement in step.statements}
    return step.in_transaction and words.isdisjoint(controls)


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
