"""What the guard around an upgrade asks: the settings, and what is pending when it is over.

Loaded on any ``import alembic``, so what looks at the database is imported when it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outofband.errors import OutofbandError
from outofband.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outofband.catalog.standing import Standing


class RunningMigrations:
    """The migrations of the env.py that is running."""

    def settings(self) -> Settings:
        """Return the project's settings; the defaults outside of Alembic."""
        from alembic import context

        from outofband.revisions.project import settings_of

        return settings_of(getattr(context, "config", None))

    def pending(self, connection: Connection) -> Iterator[str]:
        """Yield a line for each step that is wanted and not done, oldest first."""
        try:
            for standing in _standings(connection):
                if not standing.done:
                    yield _line(standing)
        except OutofbandError as error:
            yield f"what is pending cannot be told: {error}"


def _standings(connection: Connection) -> tuple[Standing, ...]:
    from alembic import context

    from outofband.catalog.observe import observe
    from outofband.catalog.standing import standings
    from outofband.deploy.connection import DeployConnection
    from outofband.revisions.environment import Environment
    from outofband.revisions.wanted import wanted

    running = context.get_context()
    environment = Environment.of_running(running)
    if environment is None:
        return ()
    wants = wanted(environment, running.get_current_heads())
    return standings(wants, observe(DeployConnection(connection), [w.step for w in wants.steps]))


def _line(standing: Standing) -> str:
    step = standing.step
    what = f"{step.kind.replace('_', ' ')} {step.name} on {step.table}"
    return f"pending since {standing.revision}: {what}"
