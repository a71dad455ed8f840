"""Who answers the deploy's questions about the migrations that are running.

Alembic's plugin names it, and Alembic loads its plugins on every import: this module is all that
the plugin needs of the deploy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outofband.catalog.standing import Standing
    from outofband.settings import Settings


class Migrations(Protocol):
    """What the guard asks of the migrations that run inside it; Alembic's plugin answers."""

    def are_running(self) -> bool:
        """Tell whether the command migrates; ``alembic current`` and ``check`` only look."""
        ...

    def settings(self) -> Settings:
        """Return the project's settings."""
        ...

    def standings(self, connection: Connection) -> Iterable[Standing]:
        """Return where each wanted step stands; raises OutofbandError where that cannot be told."""
        ...


_present: Migrations | None = None


def attend(migrations: Migrations) -> None:
    """Name who answers; without anybody, defaults hold and nothing is listed."""
    global _present
    _present = migrations


def present() -> Migrations | None:
    """Return who answers, if anybody does."""
    return _present
