"""What readers and writers ask of a store, whichever it is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from codeintel.store.dump import Dump
from codeintel.store.rows import Rows


class Reader(Protocol):
    """Dumps to ask."""

    def open(self, dump_id: int) -> AbstractContextManager[Dump]:
        """Yield a dump for one request: one state of it, whoever replaces or deletes it meanwhile.

        Raises DumpNotStored.
        """

    def exists(self, dump_id: int) -> bool:
        """Answer whether there is a dump of that id."""

    def dumps(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after``, ascending: a page by keyset, not by offset."""


class Store(Reader, Protocol):
    """Dumps to ask, to write and to delete."""

    def write(self, dump_id: int, rows: Rows, *, replace: bool = False) -> None:
        """Write a dump, whole or not at all.

        Raises DumpAlreadyStored where there is one and it is not to be replaced.
        """

    def delete(self, dump_id: int) -> bool:
        """Delete a dump for good, and answer whether there was one."""
