"""What the guard around an upgrade asks: the settings, and what is pending when it is over.

Loaded on any ``import alembic``, so what looks at the database is imported when it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outofband.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from outofband.catalog.standing import Standing


class RunningMigrations:
    """The migrations of the env.py that is running."""

    def are_running(self) -> bool:
        """Tell whether the command migrates; True outside of Alembic, where nobody can tell."""
        running = _running()
        environment = running.environment_context if running else None
        return environment is None or "destination_rev" in environment.context_opts

    def settings(self) -> Settings:
        """Return the project's settings; the defaults outside of Alembic. Raises SettingsStop."""
        from alembic import context

        from outofband.revisions.project import settings_to_run_by

        return settings_to_run_by(getattr(context, "config", None))

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
    """Return the context of the command that runs env.py, None outside of one."""
    from alembic import context

    try:
        return context.get_context()
    except (NameError, AttributeError):  # what the proxy raises then
        return None
