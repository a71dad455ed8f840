"""How far a rehearsal is, for who waits at a terminal: nothing of it stays, no pipe gets any. And
its end by a signal.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from outofband.rehearse.report.words import visible
from outofband.rehearse.run import Part, Watch, unwatched

_SAID: dict[Part, str] = {
    "base": "what comes before",
    "upgrade": "upgrade",
    "downgrade": "downgrade",
    "again": "upgrade again",
}


@contextmanager
def progress() -> Iterator[Watch]:
    """Show on stderr, if it is a terminal, which part and revision it is at, and for how long.

    The line is drawn from an alarm, not from a thread: the project's code runs in a fork of this
    process, and a fork has no use for the locks of a thread that it does not have.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield unwatched
        return
    line = _Line(sys.stderr.fileno())
    before = signal.signal(signal.SIGALRM, lambda *_: line.draw())
    signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)
    try:
        yield line.go_on
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        line.clear()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Have SIGTERM end what is within as an exception does, so that it leaves nothing behind."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Line:
    """The last line of a terminal."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._started = time.monotonic()
        self._what = "reading the revisions"
        self.draw()

    def go_on(self, part: Part, revision: str) -> None:
        """Say from now on what it is at."""
        self._what = f"{_SAID[part]}, revision {visible(revision)}" if revision else _SAID[part]
        self.draw()

    def draw(self) -> None:
        """Say it, with the seconds since the beginning."""
        most = shutil.get_terminal_size().columns - 1
        told = f"Rehearsing: {self._what}, {time.monotonic() - self._started:.0f} s"
        self._write(told if len(told) <= most else f"{told[: most - 1]}…")

    def clear(self) -> None:
        """Leave the line as it was."""
        self._write("")

    def _write(self, text: str) -> None:
        os.write(self._to, f"\r\x1b[2K{text}".encode(errors="backslashreplace"))
