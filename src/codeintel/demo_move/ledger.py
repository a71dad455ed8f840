"""What every dump has to be: its versions in the order in which they were written.

A reader that asks while a dump is being written may see it before or after; whatever it sees has to
be a version that was there at some moment between question and answer.
"""

from __future__ import annotations

import random
import threading

Version = int | None
"""The version of a dump; None where there is none, or not any more."""


class Ledger:
    """The truth of the demonstration, for several threads."""

    def __init__(self) -> None:
        self._histories: dict[int, list[Version]] = {}
        self._committed: dict[int, int] = {}
        self._lock = threading.Lock()

    def begin(self, dump_id: int, version: Version) -> None:
        """Note what is about to be written."""
        with self._lock:
            self._histories.setdefault(dump_id, [None]).append(version)
            self._committed.setdefault(dump_id, 0)

    def commit(self, dump_id: int) -> None:
        """Note that it was written."""
        with self._lock:
            self._committed[dump_id] = len(self._histories[dump_id]) - 1

    def mark(self, dump_id: int) -> int:
        """Return the moment before a question."""
        with self._lock:
            return self._committed[dump_id]

    def since(self, dump_id: int, mark: int) -> list[Version]:
        """Return what an answer may be that was asked for at a moment."""
        with self._lock:
            return self._histories[dump_id][mark:]

    def any_dump(self, chance: random.Random) -> int:
        """Return the id of a dump that was ever begun."""
        with self._lock:
            return chance.choice(list(self._histories))

    def now(self) -> dict[int, Version]:
        """Return every dump's last version."""
        with self._lock:
            return {dump_id: history[-1] for dump_id, history in self._histories.items()}
