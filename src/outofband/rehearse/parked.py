"""Watching a statement that refuses a transaction, at each point where it waits for somebody.

Its locks are gone when it ends, so others stand in its way who give way once they are waited for:
what it holds or asks for then is seen by a session that stands by.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any

from outofband.model.names import quote
from outofband.postgres.source import Url, connect
from outofband.rehearse.relations import Relation, query, strongest
from outofband_lint.locks import LockMode, stronger
from outofband_lint.names import QualifiedName

_GLANCE = 0.002
_HOLDS = (
    "SELECT FROM ONLY {}",
    "LOCK TABLE ONLY {} IN ROW EXCLUSIVE MODE",
    "LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE",
)
"""Who stands in its way: a reader, who locks the indexes too; a writer, whom concurrent builds wait
for; and whatever keeps it from the first lock of its own."""


class Parking:
    """Stands in a session's way on some tables, from the making to :meth:`end`."""

    def __init__(self, url: str, pid: int, tables: Sequence[Relation]) -> None:
        self._pid = pid
        self._locks: dict[int, LockMode] = {}
        self._over = threading.Event()
        self._sessions = ExitStack()
        self._observer = self._session(url)
        holders = [self._holder(url, *hold) for hold in _holds(tables)]
        self._in_the_way = {holder.info.backend_pid: holder for holder in holders}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> dict[int, LockMode]:
        """Give way to all that is left; return the strongest lock on each relation, by oid."""
        self._over.set()
        self._thread.join()
        self._sessions.close()
        return self._locks

    def _session(self, url: str) -> Any:
        return self._sessions.enter_context(closing(connect(Url(url))))

    def _holder(self, url: str, table: QualifiedName, hold: str) -> Any:
        holder = self._session(url)
        holder.execute("BEGIN")
        holder.execute(hold.format(".".join(quote(part) for part in reversed(table) if part)))
        return holder

    def _watch(self) -> None:
        while not self._over.wait(_GLANCE):
            for pid in self._waited_for() & self._in_the_way.keys():
                self._note()
                self._in_the_way.pop(pid).close()

    def _waited_for(self) -> set[int]:
        sql = "SELECT pg_blocking_pids(%s)"
        return set(self._observer.execute(sql, [self._pid]).fetchone()[0])

    def _note(self) -> None:
        for oid, modes in self._observer.execute(query("locks_of"), [self._pid]):
            mode = strongest(modes)
            self._locks[oid] = stronger(mode, self._locks.get(oid, mode))


def _holds(tables: Sequence[Relation]) -> Iterator[tuple[QualifiedName, str]]:
    for table in tables:
        # LOCK TABLE refuses materialized views and foreign tables.
        yield from ((table.name, hold) for hold in _HOLDS[: None if table.kind in "rp" else 1])
