"""The ports of the runbook: what it needs of a database and of a screen, whoever provides them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from outofband.catalog.reader import Reader, Row
from outofband.errors import StateUnknown
from outofband.model.statement import Statement
from outofband.runbook.reaction import advice


class StatementFailed(StateUnknown):
    """Postgres refused a statement; the session goes on.

    ``apply`` takes it as the end of one step. Where the catalog was only looked at, nobody knows
    more.
    """

    default_state = ""

    def __init__(self, sqlstate: str, message: str) -> None:
        self.sqlstate = sqlstate
        super().__init__(f"{message} ({sqlstate})", do=advice(sqlstate))


class SessionLost(Exception):
    """The session ended in the middle of a statement; the server may go on with it."""


class Prober(Reader, Protocol):
    """A session that reads, and tries out what a build would do."""

    @property
    def pid(self) -> int:
        """The server process of this session as the protocol names it, which a pooler makes up."""
        ...

    def trial(
        self,
        select: str,
        *,
        settings: Mapping[str, str] | None = None,
        later: Mapping[str, str] | None = None,
    ) -> Sequence[Row]:
        """Run a select in a read-only transaction of its own.

        ``settings`` hold while it is planned and run; ``later`` only after it has been planned.
        Raises StatementFailed.
        """
        ...

    def try_out(
        self, statements: Sequence[str], *, settings: Mapping[str, str] | None = None
    ) -> Sequence[Row]:
        """Run statements in one transaction that is rolled back; return the rows of the last.
        Raises StatementFailed.
        """
        ...


class Hand(Prober, Protocol):
    """An autocommit session that builds, drops, renames and moves rows.

    Any method raises SessionLost when the session is gone.
    """

    def send(self, statement: Statement, *, fingerprint: str = "") -> None:
        """Run one statement of the plan, with the timeouts it is due. Raises StatementFailed."""
        ...

    def write(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run one short statement of the runbook's own, and return its rows. Raises
        StatementFailed.
        """
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Make what is written inside the block one transaction, rolled back where it raises."""
        ...

    def set(self, name: str, value: str) -> None:
        """Set a parameter for this session. Raises StatementFailed."""
        ...

    def try_lock(self, table_oid: int) -> bool:
        """Try to become the one that works on a table; never waits."""
        ...

    def unlock(self, table_oid: int) -> None:
        """Let others work on the table."""
        ...

    def sever(self) -> None:
        """Break the connection, from any thread: who waits for its answer gets SessionLost."""
        ...

    def reconnect(self) -> str:
        """Open the session anew after it was lost, with its settings; return where it has come to,
        empty where that is the same server. Raises when that is not possible.
        """
        ...


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session, or with ``gid`` a prepared transaction, that a build waits for.

    ``age_seconds`` is that of its transaction. It, ``state`` and ``query`` are None where this role
    may not see them. ``signalled_by_us`` tells whether this role may end it.
    """

    pid: int
    application_name: str
    role: str
    state: str | None = None
    age_seconds: float | None = None
    query: str | None = None
    gid: str | None = None
    signalled_by_us: bool = True


@dataclass(frozen=True, slots=True)
class Lag:
    """How far one replica or slot is behind, in bytes of WAL and in seconds; None where that is
    not told.

    ``hidden`` from this role, since seeing it takes pg_monitor; ``idle`` is a slot that nobody
    reads.
    """

    name: str
    bytes: int | None
    seconds: float | None
    idle: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Burden:
    """What a build costs everybody else, at one moment.

    ``held_transactions`` began since the snapshot that it keeps, None while it keeps none: no
    VACUUM of the database removes what was deleted since. ``wal_bytes`` is where the whole server's
    WAL stands. ``lag`` is that of the replica or slot that is farthest behind.
    """

    held_transactions: int | None
    wal_bytes: int
    lag: Lag | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a build (PostgreSQL 18, CREATE INDEX Progress Reporting).

    ``done`` of ``total`` counts ``unit``s of the phase; both are 0 where the phase counts nothing.
    """

    phase: str
    done: int
    total: int
    unit: str
    waits_for: tuple[Blocker, ...] = ()
    burden: Burden | None = None

    @property
    def fraction(self) -> float | None:
        """How far the phase is, 0 to 1; None where it counts nothing."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def waiting(self) -> bool:
        """Whether it stands still until somebody else is done."""
        return bool(self.waits_for) or self.phase.startswith("waiting")


class Screen(Protocol):
    """Where an operator watches."""

    def say(self, line: str) -> None:
        """Tell something that stays on the screen."""
        ...

    def show_secret(self, line: str) -> None:
        """Tell something that holds data of rows: on a terminal only, never in a log."""
        ...

    def statement(self, sql: str) -> None:
        """Show a statement as it is sent."""
        ...

    def counting(self, what: str, of: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show how many ``of`` so many are done while the block lasts; the function given to it
        sets the number.
        """
        ...

    def showing(self, what: str) -> AbstractContextManager[Callable[[Progress], None]]:
        """Show progress while the block lasts; the function given to it takes every look."""
        ...

    def watching(self, what: str, pid: int) -> AbstractContextManager[Callable[[], None]]:
        """Show the progress of the build that server process ``pid`` runs while the block lasts.

        Leaving the block, and the function given to it, raise GivenUp where what was watched has
        been given up.
        """
        ...

    def awaiting(self, what: str) -> AbstractContextManager[Callable[[Progress], None]]:
        """Show and explain whom ``what`` waits for before it sends anything, while the block lasts.

        The function takes every look, and raises GivenUp where that has lasted too long.
        """
        ...
