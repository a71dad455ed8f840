"""Starts the traffic, and sees that it ends."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codeintel.demo import leash
from codeintel.demo.log import PATIENCE, Reader
from outofband.errors import StateUnknown

_START_SECONDS = 30.0
_END_SECONDS = 2 * PATIENCE
_POLL_SECONDS = 0.05


class TrafficDied(StateUnknown):
    """The process of readers and writers ended before it was asked to, or never began."""

    default_state = "Nothing of the demonstration is left"


class Traffic:
    """The running process of readers and writers, and the log that it writes."""

    def __init__(self, process: subprocess.Popen[bytes], log: Reader) -> None:
        self._process = process
        self.log = log

    @property
    def runs(self) -> bool:
        """Whether the process lives: one that died made no requests that could have failed."""
        return self._process.poll() is None

    def wait_for_a_request(self) -> None:
        """Return when the traffic flows; raises TrafficDied when it does not in time."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.log.requests():
            if not self.runs or time.monotonic() > deadline:
                raise TrafficDied("the readers and writers made no request", why="see above")
            time.sleep(_POLL_SECONDS)

    def end(self) -> bool:
        """Let the last requests finish; answer whether the process ended as it should."""
        leash.ask_to_stop(self._process)
        return self._process.wait(_END_SECONDS) == 0


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
            started = Traffic(process, Reader(log))
            started.wait_for_a_request()
            yield started
        finally:
            process.kill()
