"""From a file of targets to their databases."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from outofband.cli.options import Where
from outofband.cli.project import Project, own_source, read_configuration
from outofband.cli.wants import Wants
from outofband.errors import Misuse
from outofband.model.step import Wanted
from outofband.postgres.source import InSchema, NotReached, Source, Url
from outofband.revisions import graph
from outofband.revisions.environment import Environment
from outofband.revisions.render import render
from outofband.revisions.wanted import wanted
from outofband.runbook.fleet import Concurrency
from outofband.settings import Settings
from outofband.target import DatabaseNotReached, Target
from outofband.targets import Listed, Targets, TargetsWrong, load


class SameTarget(Misuse):
    """Two targets are one database and schema."""


@dataclass(frozen=True, slots=True)
class FleetTarget:
    """One target: where its database is, its schema in it, and the project as it is there."""

    name: str
    where: Target
    project: Project
    schema: str | None

    @property
    def host(self) -> str:
        """What its work loads; the names of one host are taken for several."""
        return self.where.host.lower()

    @property
    def place(self) -> str:
        """The database, and the schema in it, for people."""
        return f"{self.where}, schema {self.schema}" if self.schema else str(self.where)


@dataclass(frozen=True, slots=True)
class Fleet:
    """All targets of a file, and the project that they share."""

    targets: tuple[FleetTarget, ...]
    most: Concurrency
    environment: Environment
    settings: Settings
    _wanted: dict[tuple[tuple[str, ...], str | None], Wanted] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def wanted(self, heads: tuple[str, ...], to: str | None) -> Wanted:
        """Return what a database at ``heads`` wants; folded once for all that are there."""
        with self._lock:
            if (heads, to) not in self._wanted:
                self._wanted[heads, to] = wanted(self.environment, heads, to)
            return self._wanted[heads, to]


def open_fleet(where: Where, path: Path) -> Fleet:
    """Read the configuration and the targets; connect to no target whose URL is given.

    Raises TargetsWrong, SameTarget and what a wrong configuration raises.
    """
    environment, settings = read_configuration(where)
    listed = load(path, os.environ)
    render(environment, graph.every(environment.script))  # in a child: before there are threads
    own = _own(where, environment) if any(t.url is None for t in listed.listed) else None
    wants = Wants(environment)
    targets = tuple(
        _target(one, listed, Project(environment, settings, own or Url(one.url or ""), wants), path)
        for one in listed.listed
    )
    require_apart((t.name, (t.where, t.schema)) for t in targets if t.where.database)
    most = Concurrency(listed.concurrency_per_host, listed.concurrency)
    return Fleet(targets, most, environment, settings)


def _own(where: Where, environment: Environment) -> Source:
    """Return the project's own database, also where it is not reached: the others may be."""
    try:
        return own_source(where, environment)
    except DatabaseNotReached as error:
        return NotReached(error)


def _target(one: Listed, targets: Targets, project: Project, path: Path) -> FleetTarget:
    source = project.source if one.url is None else Url(one.url)
    where = _where(source, one, path)
    if one.schema is not None:
        source = InSchema(source, one.schema, targets.search_path, where)
    kept_in = one.version_table_schema or one.schema or project.settings.version_table_schema
    settings = replace(project.settings, version_table_schema=kept_in)
    there = replace(project, settings=settings, source=source)
    return FleetTarget(one.name, where, there, one.schema)


def _where(source: Source, one: Listed, path: Path) -> Target:
    try:
        return source.target()
    except DatabaseNotReached:
        return Target()
    except Misuse as error:
        raise TargetsWrong(
            f"url of target {one.name!r} in {path}", why=error.why or error.what, do=error.do
        ) from None


def require_apart(told: Iterable[tuple[str, object]]) -> None:
    """Raise SameTarget where two names go with one identity."""
    first: dict[object, str] = {}
    for name, identity in told:
        other = first.setdefault(identity, name)
        if other != name:
            raise SameTarget(
                f"targets {other!r} and {name!r} are the same database and schema",
                why="two runs would meet there",
                do="Remove one of them from the file",
            )
