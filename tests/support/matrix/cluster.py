"""Databases to measure in, on one server."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from matrix.trace import Seen, Step, trace
from outofband.ephemeral import Server

TABLESPACE = re.compile(r"\btablespace\s+(\w+)", re.IGNORECASE)
KEPT = 8
"""Databases that stay, latest used; each takes 8 MB, mostly of memory."""

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
        self._kept: dict[tuple[tuple[str, ...], bool], str] = {}
        self._tablespaces = set(NO_TABLESPACE)

    def close(self) -> None:
        """Disconnect."""
        self._admin.close()

    def measure(self, setup: tuple[str, ...], *steps: Step) -> Seen:
        """Trace steps in a database as the setup leaves it; raises what the setup raises."""
        self._make_tablespaces(*setup, *(step.sql for step in steps))
        if all(_can_be_rolled_back(step) for step in steps):
            return trace(self._database(setup, to_copy=False), *steps)
        with self.copy(setup) as url:
            return trace(url, *steps)

    @contextmanager
    def copy(self, setup: tuple[str, ...]) -> Iterator[str]:
        """Make a database as the setup leaves it, and drop it in the end."""
        url = self._copy(self._database(setup, to_copy=True))
        try:
            yield url
        finally:
            self._drop(url)

    def _database(self, setup: tuple[str, ...], *, to_copy: bool) -> str:
        """Return a database after a setup: one to look at, or one that nobody is connected to."""
        if to_copy and not setup:
            return self._server.url("template0")
        key = (setup, to_copy)
        url = self._kept.pop(key, None)
        if url is None:
            url = self._made(setup) if to_copy else self._copy(self._database(setup, to_copy=True))
        self._kept[key] = url
        if len(self._kept) > KEPT:
            self._drop(self._kept.pop(next(iter(self._kept))))
        return url

    def _made(self, setup: tuple[str, ...]) -> str:
        *earlier, last = setup
        url = self._copy(self._database(tuple(earlier), to_copy=True))
        try:
            self._run(url, last)
        except psycopg.Error:
            self._drop(url)
            raise
        return url

    def _run(self, url: str, script: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in Step(script).statements:
                connection.execute(statement.encode())

    def _copy(self, template: str) -> str:
        name = f"matrix_{next(self._numbers)}"
        # Without a detour through the WAL; 14 knows no other way.
        strategy = " STRATEGY file_copy" if self.major >= 15 else ""
        self._execute("CREATE DATABASE {} TEMPLATE {}" + strategy, name, _name(template))
        return self._server.url(name)

    def _drop(self, url: str) -> None:
        self._execute("DROP DATABASE {} WITH (FORCE)", _name(url))

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
