"""What the guard around an upgrade asks: the settings, and what is pending when it is over.

Loaded on any ``import alembic``, so what looks at the database is imported when it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outofband.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outofband.catalog.standing import Standing


class RunningMigrations:
    """The migrations of the env.py that is running."""

    def settings(self) -> Settings:
        """Return the project's settings; the defaults outside of Alembic. Raises SettingsStop."""
        from alembic import context

        from outofband.revisions.project import settings_to_run_by

        return settings_to_run_by(getattr(context, "config", None))

    def standings(self, connection: Connection) -> tuple[Standing, ...]:
        """Return where each step stands that the revisions applied by now want, oldest first."""
        from alembic import context

        from outofband.catalog.observe import observe
        from outofband.catalog.standing import standings
        from outofband.deploy.connection import DeployConnection
        from outofband.revisions.environment import Environment
        from outofband.revisions.wanted import wanted

        try:
            running = context.get_context()
        except (NameError, AttributeError):  # the proxy outside of a command of Alembic
            return ()
        environment = Environment.of_running(running)
        if environment is None:
            return ()
        wants = wanted(environment, running.get_current_heads())
        steps = [w.step for w in wants.steps]
        return standings(wants, observe(DeployConnection(connection), steps))
