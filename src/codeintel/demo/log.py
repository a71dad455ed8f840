"""The log of requests: one JSON object a line, written as each request ends.

The screen's numbers and the exit status both come from here.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

UPLOAD = "upload"
"""The kind of a request that writes a dump; all other kinds read."""

PATIENCE = 10.0
"""Seconds after which a request has failed, as in the incident."""


class Outcome(StrEnum):
    """How a request ended: ``wrong`` is an answer other than what was loaded."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    WRONG = "wrong"


FAILURES = frozenset({Outcome.ERROR, Outcome.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``started`` is a moment of the system's monotonic clock, in seconds.

    ``written`` is the rows by table that an upload has committed; ``note`` is an error's SQLSTATE
    and primary message.
    """

    kind: str
    dump_id: int
    started: float
    seconds: float
    outcome: Outcome
    written: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def ended(self) -> float:
        """The moment at which the answer was there."""
        return self.started + self.seconds


class Appender:
    """A context manager that appends requests to the log; threads may share one."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def __enter__(self) -> Appender:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, request: Request) -> None:
        """Write one line, whole."""
        line = json.dumps(dataclasses.asdict(request), separators=(",", ":")) + "\n"
        with self._lock:
            self._file.write(line.encode())


class Follower:
    """Follows a log while it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._seen: list[Request] = []
        self._lock = threading.Lock()

    def requests(self) -> list[Request]:
        """Return every request so far, in the order of their ends."""
        with self._lock:
            if self._path.exists():
                with self._path.open("rb") as file:
                    file.seek(self._offset)
                    self._take(file.read())
            return list(self._seen)

    def _take(self, data: bytes) -> None:
        whole = data[: data.rfind(b"\n") + 1]  # a line may be half there
        self._offset += len(whole)
        for line in whole.splitlines():
            fields = json.loads(line)
            self._seen.append(Request(**{**fields, "outcome": Outcome(fields["outcome"])}))
