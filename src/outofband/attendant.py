"""Who answers the deploy's questions about the migrations that are running.

Alembic's plugin names it, and Alembic loads its plugins on every import: this module is all that
the plugin needs of the deploy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outofband.catalog.standing import Standing
    from outofband.settings import Settings


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended the migrations: the error, ``where`` in words, and the ``obstacle`` to running
    them again from their last commit, empty where there is none.
    """

    error: Exception
    where: str
    obstacle: str = ""


class Migrations(Protocol):
    """What the guard asks of the migrations that run inside it; Alembic's plugin answers."""

    def are_running(self) -> bool:
        """Tell whether the command migrates; ``alembic current`` and ``check`` only look."""
        ...

    def settings(self) -> Settings:
        """Return the project's settings."""
        ...

    def repeating(
        self, connection: Connection, decide: Callable[[Failure], None]
    ) -> AbstractContextManager[None] | None:
        """Have the migrations on a connection run again from their last commit whenever ``decide``
        returns. None where they are not known yet.
        """
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
