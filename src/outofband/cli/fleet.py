"""From a file of targets to their databases, and to what stands where in all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from outofband.backfill.turn import Truths
from outofband.catalog.reader import Reader, query
from outofband.cli.options import Where
from outofband.cli.project import Forecast, Project, Seen, own_source, read_configuration, see
from outofband.cli.wants import Wants
from outofband.errors import Misuse, OutofbandError, StateUnknown
from outofband.model.step import Wanted
from outofband.postgres.session import Session
from outofband.postgres.source import InSchema, NotReached, Source, Url
from outofband.revisions import graph
from outofband.revisions.environment import Environment
from outofband.revisions.render import render
from outofband.revisions.wanted import wanted
from outofband.runbook.fleet import Concurrency
from outofband.runbook.turns import in_turns
from outofband.runbook.world import Scope
from outofband.settings import Settings
from outofband.target import DatabaseNotReached, HostAway, Target
from outofband.targets import Listed, Targets, TargetsWrong, load

LOOKS_PER_HOST = 4
"""A look takes milliseconds of a server, most of them for opening the session."""

Identity = tuple[str, int, str | None]


class SameTarget(Misuse):
    """Two targets are one database and schema."""


class TargetIncomplete(StateUnknown):
    """The database is there, and what the target names in it is not."""

    default_state = "Nothing was changed by this call"


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
class Looked:
    """What became of looking at one target: what was ``seen``, or the ``error`` instead."""

    target: FleetTarget
    seen: Seen | None = None
    error: OutofbandError | None = None
    identity: Identity | None = None

    @property
    def host(self) -> str:
        """What the target's work loads."""
        return self.target.host


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
    _require_apart((t.name, (t.where, t.schema)) for t in targets if t.where.database)
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


def _require_apart(told: Iterable[tuple[str, object]]) -> None:
    first: dict[object, str] = {}
    for name, identity in told:
        other = first.setdefault(identity, name)
        if other != name:
            raise SameTarget(
                f"targets {other!r} and {name!r} are the same database and schema",
                why="two runs would meet there",
                do="Remove one of them from the file",
            )


def look_around(
    fleet: Fleet,
    where: Where,
    only: Sequence[str] = (),
    forecast: Forecast | None = None,
    *,
    dedupes: bool = False,
) -> tuple[Looked, ...]:
    """Look at every target in turn, as :func:`.see` does; one that cannot be looked at holds up no
    other, and a host that did not answer is not asked again for its next target.

    Where nothing is measured (no ``forecast``), a host is asked for several targets at once.

    Raises SameTarget where two turn out to be one, and Misuse where the call is wrong for all.
    """

    away = _Away()

    def look(target: FleetTarget) -> Looked:
        with away.session(target) as session:
            identity = _identity(session, target)
            scope = _scope(fleet, target, session, where.to, only)
            seen = see(target.project, session, scope, forecast, dedupes=dedupes)
            return Looked(target, seen, identity=identity)

    most = fleet.most
    if forecast is None:
        most = Concurrency(max(most.per_host, LOOKS_PER_HOST), most.in_all)
    looked = in_turns(fleet.targets, most, _held(look))
    _require_apart((one.target.name, one.identity) for one in looked if one.identity)
    return looked


class _Away:
    """The hosts that did not answer, and why."""

    def __init__(self) -> None:
        self._hosts: dict[tuple[str, str], str] = {}

    @contextmanager
    def session(self, target: FleetTarget) -> Iterator[Session]:
        """Open a session at a target; raises HostAway at once where its host is known to be."""
        host = target.where.host, target.where.port
        if why := self._hosts.get(host):
            raise target.where.away_because(why)
        try:
            session = Session(target.project.source)
        except HostAway as error:
            if target.where.host:
                self._hosts[host] = error.why
            raise
        with session:
            yield session


def _held(look: Callable[[FleetTarget], Looked]) -> Callable[[FleetTarget], Looked]:
    """Hold what goes wrong at one target; a wrong call is wrong for all of them."""

    def held(target: FleetTarget) -> Looked:
        try:
            return look(target)
        except Misuse:
            raise
        except OutofbandError as error:
            return Looked(target, error=error)

    return held


def _scope(
    fleet: Fleet, target: FleetTarget, session: Session, to: str | None, only: Sequence[str]
) -> Scope:
    steps = fleet.wanted(_heads(target, session), to)
    truths = Truths(session, target.project.folders, one_of_many=True)
    return Scope(steps, tuple(only), fleet.settings.inline_max_bytes, truths)


def _heads(target: FleetTarget, reader: Reader) -> tuple[str, ...]:
    """Return the target's revisions; without a version table nobody knows whether any has run."""
    table = target.project.version_table
    if not reader.rows("SELECT WHERE to_regclass(%(name)s) IS NOT NULL", {"name": str(table)}):
        raise TargetIncomplete(
            f"target {target.name} has no version table {table}",
            why="so that its revisions are not known",
            do="Run alembic upgrade there first, or name version_table_schema in the file",
        )
    return target.project.heads(reader)


def _identity(reader: Reader, target: FleetTarget) -> Identity:
    row = reader.rows(query("identity"))[0]
    if target.schema is not None and row["schema"] != target.schema:
        raise TargetIncomplete(
            f"there is no schema {target.schema} in {target.where}, or this role may not use it",
            do="Correct the name in the file, or GRANT USAGE ON SCHEMA",
        )
    return row["server"], row["database"], row["schema"]
