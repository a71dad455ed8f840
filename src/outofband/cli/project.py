"""From a command's options to the project, its database, and what is wanted there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outofband.catalog.reader import Reader
from outofband.model.names import QualifiedName
from outofband.postgres.source import Source, Url
from outofband.revisions import environment as environments
from outofband.revisions.connector import connector
from outofband.revisions.environment import Environment
from outofband.revisions.project import settings_of
from outofband.revisions.wanted import wanted
from outofband.runbook.world import Scope
from outofband.settings import Settings


@dataclass(frozen=True, slots=True)
class Project:
    """A project's Alembic environment, its settings, and where its database is."""

    environment: Environment
    settings: Settings
    source: Source

    def heads(self, reader: Reader) -> tuple[str, ...]:
        """Return the revisions that the database is at; none where there is no version table."""
        table = self.version_table
        if not reader.rows("SELECT WHERE to_regclass(%(name)s) IS NOT NULL", {"name": str(table)}):
            return ()
        rows = reader.rows(f"SELECT version_num FROM {table} ORDER BY version_num")
        return tuple(row["version_num"] for row in rows)

    @property
    def version_table(self) -> QualifiedName:
        """Where Alembic keeps the heads; the settings overrule env.py."""
        name = self.settings.version_table or self.environment.version_table
        schema = self.settings.version_table_schema or self.environment.version_table_schema
        return QualifiedName(name, schema)

    def scope(self, reader: Reader, to: str | None, only: Sequence[str] = ()) -> Scope:
        """Return what the revisions applied, and those up to ``to``, want."""
        steps = wanted(self.environment, self.heads(reader), to)
        return Scope(steps, tuple(only), self.settings.inline_max_bytes)


def open_project(
    configs: Sequence[str], name: str, x: Sequence[str], database_url: str | None
) -> Project:
    """Read the configuration; connect to nothing yet where a URL is given."""
    config = environments.configured(configs, name, x)
    settings = settings_of(config)
    environment = environments.of_config(config)
    source: Source = Url(database_url) if database_url else connector(environment)
    return Project(environment, settings, source)
