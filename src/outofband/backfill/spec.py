"""What an application says of a background data migration.

The engine asks for the units, claims one, and has it done batch by batch. A batch runs in a
transaction of the engine's, in which the engine also writes how far the unit is: what is committed
is known, and what is known is committed. So each method may be killed at any moment and called
again.

``connection`` is psycopg's own, with rows as tuples and a transaction open; a spec neither commits
nor rolls back.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from outofband.backfill.limits import Limits
from outofband.model.progress import Progress

Cursor: TypeAlias = Any
"""Where in a unit the next batch begins: a value that JSON can have. None at its beginning."""


class Damaged(Exception):
    """A unit cannot be done, and never will: it goes to quarantine with the ``reason``, in words
    that hold no data. What its batch wrote is rolled back; the others go on.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Unit:
    """What is done exactly once: a file, a range of keys, a table.

    ``key`` is its name, the same each time it is listed. ``rows`` and ``bytes`` are what is known
    of its size, 0 for nothing. ``place`` is the host that alone can do it, where it is bound to
    one.
    """

    key: str
    rows: int = 0
    bytes: int = 0
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How much the next batch should take at most. A unit that cannot be divided ignores it."""

    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row that was left out: its ``key``, and why, in words that hold no data."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did: the ``rows`` it looked at and the ``bytes`` it moved; ``cursor`` is where
    the next one begins, None when the unit is done.
    """

    rows: int = 0
    bytes: int = 0
    cursor: Cursor = None
    quarantined: Sequence[Quarantined] = ()


@dataclass(frozen=True, slots=True)
class Abandoned:
    """What an operator has given up: a unit, or one ``row`` that was left out of it."""

    unit: str
    row: str | None = None


class Spec(Protocol):
    """A background data migration. Subclass it, and write the first three methods.

    ``limits`` say how large batches may become, and what makes the engine wait. Where it
    ``repeats``, a unit that is done may be done again, and is, from its beginning, while progress
    is not complete though all are done.
    """

    limits: Limits = Limits()
    repeats: bool = False

    @abstractmethod
    def progress(self, connection: Any) -> Progress:
        """Ask the data how much is done. It decides whether the backfill is finished."""
        ...

    @abstractmethod
    def units(self, connection: Any) -> Iterable[Unit]:
        """List the units that there are; those listed before may be left out or not."""
        ...

    @abstractmethod
    def batch(self, connection: Any, unit: Unit, cursor: Cursor, size: Size) -> Batch:
        """Do the next piece of a unit. Raises Damaged, and OutofbandError where no unit is to be
        done now, which ends the run with its words.
        """
        ...

    def hosts(self, connection: Any) -> Iterable[str]:  # noqa: ARG002
        """Name the hosts that may hold units, as :func:`.here` is called there: nothing passes for
        finished before each of them has listed its own. None where no unit is bound to a host.
        """
        return ()

    def given_up(self, connection: Any, abandoned: Sequence[Abandoned]) -> int:  # noqa: ARG002
        """Tell how much of what progress counts, and as not done, is what an operator has given up:
        so much may be left when the rest is finished.
        """
        return 0

    def at_work(
        self,
        connect: Callable[[], AbstractContextManager[Any]],  # noqa: ARG002
    ) -> AbstractContextManager[object]:
        """Surround a run with what the application needs for its time, such as an entry among who
        is alive; ``connect`` opens a connection beside the run's, in autocommit. What it raises as
        an OutofbandError keeps the run from beginning, with its words.
        """
        return nullcontext()

    def settle(self, unit: Unit) -> None:  # noqa: ARG002
        """Do what has to follow the commit of a unit outside of Postgres, such as renaming its
        file; called until it has returned once.
        """
        return

    def verify(self, connection: Any) -> Iterable[str]:  # noqa: ARG002
        """Look for what is wrong with what was done, and tell it in sentences; none when all is
        right. Read-only, and as slow as it has to be.
        """
        return ()

    def reverse(self) -> Spec | None:
        """Return the backfill that takes this one back, None where there is no way back."""
        return None
