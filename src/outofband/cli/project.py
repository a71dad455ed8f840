"""From a command's options to the project, its database, and what is wanted there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from outofband.backfill.turn import Truths
from outofband.catalog.reader import Reader
from outofband.catalog.standing import Standing
from outofband.cli import in_deploy
from outofband.cli.options import Where
from outofband.cli.wants import Wants, prepared
from outofband.gate.shelf import Shelf
from outofband.model.names import QualifiedName
from outofband.postgres.session import Session
from outofband.postgres.source import Source, Url
from outofband.revisions import environment as environments
from outofband.revisions.connector import connector
from outofband.revisions.environment import Environment
from outofband.revisions.project import settings_of
from outofband.runbook.plan import Plan
from outofband.runbook.preflight import Report, preflight
from outofband.runbook.reach import require_reachable, require_readable
from outofband.runbook.world import Scope, View, look
from outofband.settings import Settings


@dataclass(frozen=True, slots=True)
class Project:
    """A project's Alembic environment, its settings, and where its database is."""

    environment: Environment
    settings: Settings
    source: Source
    wants: Wants

    def heads(self, reader: Reader) -> tuple[str, ...]:
        """Return the revisions that the database is at; none where there is no version table.
        Raises NotAllowed.
        """
        table = self.version_table
        require_reachable(reader, [table])
        if not reader.rows("SELECT WHERE to_regclass(%(name)s) IS NOT NULL", {"name": str(table)}):
            return ()
        require_readable(reader, table)
        rows = reader.rows(f"SELECT version_num FROM {table} ORDER BY version_num")
        return tuple(row["version_num"] for row in rows)

    @property
    def version_table(self) -> QualifiedName:
        """Where Alembic keeps the heads; the settings overrule env.py."""
        name = self.settings.version_table or self.environment.version_table
        schema = self.settings.version_table_schema or self.environment.version_table_schema
        return QualifiedName(name, schema)

    def scope(self, reader: Session, to: str | None, only: Sequence[str] = ()) -> Scope:
        """Return what the revisions applied, and those up to ``to``, want."""
        steps = self.wants.at(self.heads(reader), to)
        limit, truths = self.settings.inline_max_bytes, Truths(reader, self.folders)
        return Scope(steps, tuple(only), limit, truths)

    @property
    def folders(self) -> tuple[str, ...]:
        """Where the application's own modules are looked for first."""
        return tuple(self.environment.config.get_prepend_sys_paths_list() or ())


def open_project(where: Where) -> Project:
    """Read the configuration; connect to nothing yet where a URL is given."""
    environment, settings = read_configuration(where)
    source = own_source(where, environment)
    return Project(environment, settings, source, Wants(environment))


def open_to_look(where: Where) -> Project:
    """Open a project for a command that only reads: what its revisions want is kept, or taken from
    what is kept.
    """
    shelf = Shelf.of("wanted", *where.configs, "", where.name, *where.x)
    with shelf.looking():
        environment, settings = read_configuration(where)
        wants = prepared(environment, shelf)
    return Project(environment, settings, own_source(where, environment), wants)


def read_configuration(where: Where) -> tuple[Environment, Settings]:
    """Read the project's configuration and settings; connect to nothing."""
    config = environments.configured(where.configs, where.name, where.x)
    settings = settings_of(config)
    return environments.of_config(config), settings


def own_source(where: Where, environment: Environment) -> Source:
    """Return the project's own database, or the one that stands on the command line instead."""
    return Url(where.database_url) if where.database_url else connector(environment)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a command that only reads has to show.

    ``ages`` tells of a revision for how long its steps can be pending at most, ``in_deploy`` are
    indexes that no step is about and that are not as declared, where somebody asked.
    """

    scope: Scope
    view: View
    database: str
    server_version: int
    report: Report
    ages: Mapping[str, timedelta]
    pending_max_age: timedelta | None
    in_deploy: tuple[Standing, ...] = ()


Forecast = Callable[[Session, View], Plan]


def look_at(where: Where, only: Sequence[str] = (), forecast: Forecast | None = None) -> Seen:
    """Connect, look at what is wanted and what is there, and leave again; with ``forecast`` at what
    the builds will take and what would stop them, too.
    """
    project = open_to_look(where)
    with Session(project.source) as session:
        return see(project, session, project.scope(session, where.to, only), forecast)


def look_at_all(where: Where) -> Seen:
    """Look at the steps, and at the indexes that no step is about."""
    project = open_to_look(where)
    with Session(project.source) as session:
        seen = see(project, session, project.scope(session, where.to))
        made = project.wants.in_deploy(project.heads(session))
        return replace(seen, in_deploy=tuple(in_deploy.unlike(made, session)))


def see(
    project: Project,
    session: Session,
    scope: Scope,
    forecast: Forecast | None = None,
    *,
    dedupes: bool = False,
) -> Seen:
    """Look at what is wanted and what is there; with ``forecast`` also at what it will take, and at
    what would stop it, more of which there is where rows may be moved (``dedupes``).
    """
    view = look(session, scope)
    report = Report()
    if forecast is not None:
        view = replace(view, plan=forecast(session, view))
        report = preflight(session, view, dedupes=dedupes)
    ages = project.wants.ages(datetime.now(UTC))
    where_it_is, bearable = project.source.describe(), project.settings.pending_max_age
    return Seen(scope, view, where_it_is, session.version, report, ages, bearable)
