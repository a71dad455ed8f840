"""A second session that looks at a build while the first one is busy with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from importlib import resources

from outofband.catalog.facts import WATCHER_PREFIX
from outofband.catalog.reader import Reader, Row
from outofband.errors import OutofbandError
from outofband.postgres.session import Session
from outofband.postgres.source import Source
from outofband.runbook.conditions import lags
from outofband.runbook.hand import Blocker, Burden, Progress, SessionLost, StatementFailed

_POLL_SECONDS = 0.25
_BURDEN_SECONDS = 2.0
_AGAIN_SECONDS = 5.0
_UNANSWERED_SECONDS = 5.0
_HIDDEN = "at work for another role, which hides its progress"


def look(reader: Reader, pid: int) -> Progress | None:
    """Return how far a server process is and whom it waits for, None when it shows neither."""
    waits_for = tuple(Blocker(**b) for b in reader.rows(query("blockers"), {"pid": pid}))
    rows = reader.rows(query("progress"), {"pid": pid})
    if rows and rows[0]["phase"] is None:
        return Progress("waiting for a lock" if waits_for else _HIDDEN, 0, 0, "", waits_for)
    if rows:
        done, total, unit = _counters(rows[0])
        return Progress(rows[0]["phase"], done, total, unit, waits_for)
    return Progress("waiting for a lock", 0, 0, "", waits_for) if waits_for else None


def burden(reader: Reader, pid: int) -> Burden | None:
    """Return what a server process costs everybody else; None when it is gone."""
    rows = reader.rows(query("burden"), {"pid": pid})
    return Burden(**rows[0], lag=next(iter(lags(reader)), None)) if rows else None


def _counters(row: Row) -> tuple[int, int, str]:
    """Choose the counters that the phase moves (measured on 15, 17 and 18)."""
    if row["phase"].startswith("waiting"):
        return row["lockers_done"] or 0, row["lockers_total"] or 0, "transactions"
    if "tuples" in row["phase"]:
        return row["tuples_done"] or 0, row["tuples_total"] or 0, "rows"
    return row["blocks_done"] or 0, row["blocks_total"] or 0, "blocks"


class Monitor:
    """Looks in threads with sessions of their own; implements the runbook's Lookout.

    When its session cannot be had or is lost that is said, and tried again; the build is not
    touched by it.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    @contextmanager
    def watching(
        self,
        pid: int,
        see: Callable[[Progress], bool],
        say: Callable[[str], None],
        *,
        sever: Callable[[], None] | None,
    ) -> Iterator[None]:
        """Call ``see`` with every look at a server process while the block runs; that one of ours
        is looked after stands in the name of the session that looks.
        """
        over = threading.Event()
        watch = _Watch(self._source, pid, see, sever, over)
        thread = threading.Thread(target=watch.run, args=(say,), daemon=True)
        thread.start()
        threading.Thread(target=watch.guard, daemon=True).start()
        try:
            yield
        finally:
            over.set()
            thread.join(_UNANSWERED_SECONDS)


class _Watch:
    """One watch over one server process."""

    def __init__(
        self,
        source: Source,
        pid: int,
        see: Callable[[Progress], bool],
        sever: Callable[[], None] | None,
        over: threading.Event,
    ) -> None:
        self._source, self._pid, self._see, self._over = source, pid, see, over
        self._sever, self._met = sever, False
        self._asking: tuple[Session, float] | None = None
        self._burden: Burden | None = None
        self._weighed_at = -_BURDEN_SECONDS

    def run(self, say: Callable[[str], None]) -> None:
        # A statement that is over at once is not worth a session.
        pause, said = _POLL_SECONDS, False
        while not self._over.wait(pause):
            try:
                with Session(self._source) as session:
                    self._look_on(session)
            except (OutofbandError, SessionLost) as error:
                if not said and not self._over.is_set():
                    say(f"nobody can look at it, while it goes on: {error}")
                pause, said = _AGAIN_SECONDS, True

    def guard(self) -> None:
        """Break off a look that is not answered, so that the next is made by another session."""
        while not self._over.wait(_POLL_SECONDS):
            asking = self._asking
            if asking and time.monotonic() - asking[1] > _UNANSWERED_SECONDS:
                asking[0].sever()

    def _look_on(self, session: Session) -> None:
        if self._sever:
            session.set("application_name", f"{WATCHER_PREFIX}{self._pid}")
        while not self._over.wait(_POLL_SECONDS):
            self._asking = session, time.monotonic()
            self._look(session)
            self._asking = None

    def _look(self, session: Session) -> None:
        progress = look(session, self._pid)
        if progress is None:
            if self._sever and self._has_ended(session):
                self._sever()
            return
        self._met = True
        if self._see(self._weighed(session, progress)) and not self._over.is_set():
            # Waited for, so that it cannot meet the session's next statement.
            session.rows("SELECT pg_cancel_backend(%(pid)s)", {"pid": self._pid})

    def _has_ended(self, session: Session) -> bool:
        """Tell whether the process is there no more, or has had nothing to do for seconds."""
        given = {"pid": self._pid, "seconds": _UNANSWERED_SECONDS}
        found = session.rows(query("idle"), given)
        # One that was never there has a number that a pooler made up.
        gone, self._met = self._met and not found, self._met or bool(found)
        return gone or any(row["idle"] for row in found)

    def _weighed(self, session: Session, progress: Progress) -> Progress:
        """Add what it costs, asked for less often than how far it is."""
        if time.monotonic() - self._weighed_at >= _BURDEN_SECONDS:
            self._weighed_at = time.monotonic()
            with suppress(StatementFailed):  # some providers' servers do not tell their WAL
                self._burden = burden(session, self._pid)
        return replace(progress, burden=self._burden)


@cache
def query(name: str) -> str:
    """Return the text of ``queries/NAME.sql``."""
    return (resources.files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")
