"""A reader over both stores, for the time in which a dump may be in either.

The row of metadata decides, request by request: where it is, Postgres answers everything; where it
is not, the file does, unless a tombstone lies on it; where there is no file either, Postgres is
asked once more, since the mover may have just moved it. Any other error of Postgres is raised: a
reader that answered from a file then would answer with what was deleted or replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from codeintel.store.dump import Dump
from codeintel.store.errors import DumpNotStored
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.store.sqlite import SqliteStore
from codeintel.store.upkeep import statement


class FallbackReader:
    """Dumps as rows or files."""

    def __init__(self, connection: psycopg.Connection[Any], folder: BundleFolder) -> None:
        self._connection = connection
        self._rows = PostgresStore(connection)
        self._files = SqliteStore(folder)

    @contextmanager
    def open(self, dump_id: int) -> Iterator[Dump]:
        """Yield one state of a dump; raises DumpNotStored, BundleUnreadable, what psycopg does."""
        with ExitStack() as stack:
            yield self._entered(stack, dump_id)

    def _entered(self, stack: ExitStack, dump_id: int) -> Dump:
        try:
            return stack.enter_context(self._rows.open(dump_id))
        except DumpNotStored:
            if self._is_buried(dump_id):
                raise
        try:
            return stack.enter_context(self._files.open(dump_id))
        except DumpNotStored:
            return stack.enter_context(self._rows.open(dump_id))

    def exists(self, dump_id: int) -> bool:
        """Answer whether there is a dump of that id in either store."""
        if self._rows.exists(dump_id):
            return True
        if self._is_buried(dump_id):
            return False
        return self._files.exists(dump_id) or self._rows.exists(dump_id)

    def dumps(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after`` in either store, ascending, each once."""
        # Files first: what is moved between the two looks is seen twice rather than not at all.
        files = self._unburied(after, limit)
        return sorted({*files, *self._rows.dumps(after, limit)})[:limit]

    def _unburied(self, after: int, limit: int) -> list[int]:
        """Return the next ids of files that count; buried ones do not shorten a page."""
        found: list[int] = []
        while len(found) < limit and (page := self._files.dumps(after, limit)):
            found += [dump_id for dump_id in page if dump_id not in self._buried(page)]
            after = page[-1]
        return found[:limit]

    def _buried(self, dump_ids: list[int]) -> set[int]:
        with psycopg.RawCursor(self._connection) as cursor:
            rows = cursor.execute(statement("buried_among"), [dump_ids])
            return {dump_id for (dump_id,) in rows}

    def _is_buried(self, dump_id: int) -> bool:
        return bool(self._buried([dump_id]))
