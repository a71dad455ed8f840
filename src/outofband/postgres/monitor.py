"""A second session that looks at a build while the first one is busy with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources

from outofband.catalog.reader import Reader, Row
from outofband.errors import OutofbandError
from outofband.postgres.session import Session
from outofband.postgres.source import Source
from outofband.runbook.hand import Blocker, Progress, StatementFailed

_POLL_SECONDS = 0.25


def look(reader: Reader, pid: int) -> Progress | None:
    """Return how far a server process is and whom it waits for, None when it shows neither."""
    waits_for = tuple(
        Blocker(b["pid"], b["application_name"], b["role"], b["state"], b["age_seconds"])
        for b in reader.rows(query("blockers"), {"pid": pid})
    )
    rows = reader.rows(query("progress"), {"pid": pid})
    if rows:
        done, total, unit = _counters(rows[0])
        return Progress(rows[0]["phase"], done, total, unit, waits_for)
    return Progress("waiting for a lock", 0, 0, "", waits_for) if waits_for else None


def _counters(row: Row) -> tuple[int, int, str]:
    """Choose the counters that the phase moves (measured on 15, 17 and 18)."""
    if row["phase"].startswith("waiting"):
        return row["lockers_done"] or 0, row["lockers_total"] or 0, "transactions"
    if "tuples" in row["phase"]:
        return row["tuples_done"] or 0, row["tuples_total"] or 0, "rows"
    return row["blocks_done"] or 0, row["blocks_total"] or 0, "blocks"


@contextmanager
def watching(source: Source, pid: int, show: Callable[[Progress], None]) -> Iterator[None]:
    """Call ``show`` with every look at a server process while the block runs.

    Looking goes on in a thread with a session of its own. When that session cannot be had or is
    lost there is nothing to show; the build is not touched by it.
    """
    over = threading.Event()
    thread = threading.Thread(target=_poll, args=(source, pid, show, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _poll(
    source: Source, pid: int, show: Callable[[Progress], None], over: threading.Event
) -> None:
    # A statement that is over at once is not worth a session.
    if over.wait(_POLL_SECONDS):
        return
    with suppress(OutofbandError, StatementFailed), Session(source) as session:
        while not over.wait(_POLL_SECONDS):
            progress = look(session, pid)
            if progress is not None:
                show(progress)


@cache
def query(name: str) -> str:
    """Return the text of ``queries/NAME.sql``."""
    return (resources.files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")
