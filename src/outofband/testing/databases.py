"""Databases on the session's server: one at head, and copies of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from outofband.ephemeral import Server
from outofband.model.names import quote
from outofband.postgres.source import Url, connect
from outofband.rehearse.run import Call, Failure, Leg, Site, legs

_FILE_COPY = 150_000
"""From this version on a copy may leave out the WAL, which takes 5 ms instead of 7 ms."""


@dataclass(slots=True)
class Databases:
    """Makes databases on a server, and drops them."""

    server: Server
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new(self, template: Site | None = None) -> Site:
        """Make a database, empty or a copy of one that nobody is connected to."""
        name = f"outofband_{next(self._numbers)}"
        source = quote(template.database) if template else "template0"
        strategy = " STRATEGY file_copy" if self.server.version >= _FILE_COPY else ""
        self._execute(f"CREATE DATABASE {quote(name)} TEMPLATE {source}{strategy}")
        return Site(str(self.server.socket_directory), self.server.port, name)

    @contextmanager
    def copy(self, template: Site) -> Iterator[str]:
        """Make a copy, yield its URL, and drop it, whoever is connected to it still."""
        site = self.new(template)
        try:
            yield self.server.url(site.database)
        finally:
            self._execute(f"DROP DATABASE IF EXISTS {quote(site.database)} WITH (FORCE)")

    def _execute(self, sql: str) -> None:
        with closing(connect(Url(self.server.url()))) as connection:
            connection.execute(sql.encode())


def upgrade(call: Call, site: Site) -> Failure | None:
    """Run all revisions on a database; return why that failed, if it did."""
    (ran,) = legs(call, site, [Leg("upgrade", "upgrade", ("heads",))])
    return ran.failure
