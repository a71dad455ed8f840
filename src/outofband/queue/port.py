"""What a worker asks of whoever knows the backfills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from outofband.backfill.state import Name


@dataclass(frozen=True, slots=True)
class Pending:
    """A backfill that is wanted and not finished, and the ``obstacle`` that keeps it from being run
    now, if any.
    """

    name: Name
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of a backfill ended: it is ``finished``, it is ``stuck`` until a person has helped,
    or neither; ``why``, and what to ``do``. It has ``acted`` if it did anything.
    """

    finished: bool = False
    stuck: bool = False
    acted: bool = False
    why: str = ""
    do: str = ""


class Backfills(Protocol):
    """The backfills of a project, as far as they concern this host."""

    def pending(self) -> Sequence[Pending]:
        """Return those that are wanted and not finished. Raises OutofbandError, SessionLost."""
        ...

    def run(self, name: Name, stopped: Event) -> Ended:
        """Work at one until nothing is left that can be done here, or ``stopped`` is set. Raises
        OutofbandError, SessionLost.
        """
        ...
