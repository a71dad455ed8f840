"""What the guard around an upgrade asks: the settings, and what is pending when it is over.

Loaded on any ``import alembic``, so what looks at the database is imported when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from outofband.attendant import Failure
from outofband.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from outofband.catalog.standing import Standing


class RunningMigrations:
    """The migrations of the env.py that is running."""

    def are_running(self) -> bool:
        """Tell whether the command migrates; True outside of Alembic, where nobody can tell."""
        environment = _environment()
        return environment is None or "destination_rev" in environment.context_opts

    def settings(self) -> Settings:
        """Return the project's settings; the defaults outside of Alembic. Raises SettingsStop."""
        from alembic import context

        from outofband.revisions.project import settings_to_run_by

        return settings_to_run_by(getattr(context, "config", None))

    def repeating(
        self, connection: Connection, decide: Callable[[Failure], None]
    ) -> AbstractContextManager[None] | None:
        """Have the migrations on a connection run again from their last commit while ``decide``
        returns; None before env.py has configured the context for it.
        """
        from outofband.revisions.repeat import repeating

        running = _running()
        if running is None or running.connection is not connection:
            return None
        return repeating(running, decide)

    def standings(self, connection: Connection) -> tuple[Standing, ...]:
        """Return where each step stands that the revisions applied by now want, oldest first."""
        from outofband.catalog.observe import observe
        from outofband.catalog.standing import standings
        from outofband.deploy.connection import DeployConnection
        from outofband.revisions.environment import Environment
        from outofband.revisions.wanted import wanted

        running = _running()
        environment = Environment.of_running(running) if running else None
        if running is None or environment is None:
            return ()
        wants = wanted(environment, running.get_current_heads())
        steps = [w.step for w in wants.steps]
        return standings(wants, observe(DeployConnection(connection), steps))


def _running() -> MigrationContext | None:
    """Return the context of the command that runs env.py, None outside of one and before env.py
    has configured it.
    """
    environment = _environment()
    return None if environment is None else environment._migration_context


def _environment() -> EnvironmentContext | None:
    from alembic import context

    return getattr(context, "_proxy", None)
