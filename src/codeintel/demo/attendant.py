"""Starts the traffic, and sees that it ends."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codeintel.demo import leash
from codeintel.demo.failure import ActFailed
from codeintel.demo.log import PATIENCE, Follower

_START_SECONDS = 30.0
_END_SECONDS = 2 * PATIENCE
_POLL_SECONDS = 0.05


class Traffic:
    """The running process of readers and writers, and the log that it writes."""

    def __init__(self, process: subprocess.Popen[bytes], log: Follower) -> None:
        self._process = process
        self.log = log

    @property
    def runs(self) -> bool:
        """Whether the process lives: one that died made no requests that could have failed."""
        return self._process.poll() is None

    def wait_for_a_request(self) -> None:
        """Return when the traffic flows; raises ActFailed when it does not in time."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.log.requests():
            if not self.runs or time.monotonic() > deadline:
                raise _died("its process made no request")
            time.sleep(_POLL_SECONDS)

    def end(self) -> None:
        """Let the last requests finish; raises ActFailed when the process does not end well."""
        leash.ask_to_stop(self._process)
        try:
            status = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            raise ActFailed("the traffic does not end", why="a request never returned") from None
        if status != 0:
            raise _died(f"its process ended with status {status}")


def _died(why: str) -> ActFailed:
    return ActFailed("there is no traffic", why=why, do="Read what it said above")


@contextmanager
def traffic(library: Path, loaded: int, url: str, log: Path) -> Iterator[Traffic]:
    """Run the traffic for the length of a ``with`` block at most."""
    with leash.start(
        "codeintel.demo.traffic",
        str(library),
        str(log),
        str(loaded),
        environment={"DATABASE_URL": url},
    ) as process:
        try:
            started = Traffic(process, Follower(log))
            started.wait_for_a_request()
            yield started
        finally:
            process.kill()
