"""Go through the files, judge each, and delete what may go, if that is asked for.

What is judged to go is judged again in the transaction that deletes it: under the dump's lock, with
the mode held, by what Postgres says then and by the file being the one that was read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from codeintel.janitor import look
from codeintel.janitor.verdict import (
    Situation,
    Standing,
    Verdict,
    on_backup,
    on_bundle,
    on_buried,
    on_partial,
    on_quarantined,
    unchanged,
)
from codeintel.store.folder import BundleFolder
from codeintel.store.locks import hold_mode, try_lock_dump
from outofband.backfill import here

_Connection = psycopg.Connection[Any]
_Judge = Callable[[Standing, Situation], Verdict]

_PAGE = 100
_BUSY = Verdict(False, "its dump is being changed")
_OTHER = Verdict(False, "it has changed since it was looked at")


@dataclass(frozen=True, slots=True)
class Found:
    """A file, its size in bytes, what is to become of it, and whether it is gone already."""

    path: Path
    size: int
    verdict: Verdict
    is_gone: bool = False


class _Seen(NamedTuple):
    """What holds for a file when its page is begun."""

    standing: Standing
    situation: Situation


@dataclass(frozen=True, slots=True)
class Janitor:
    """Who looks where; ``deletes`` makes the difference to a dry run."""

    connection: _Connection
    folder: BundleFolder
    grace: timedelta
    deletes: bool = False
    host: str = field(default_factory=here)

    def sweep(self) -> Iterator[Found]:
        """Yield every file that is not the only one of its dump, page by page of ids."""
        for dump_id, seen in self._pages(self.folder.bundles):
            if seen.standing.buried_ago is not None:
                yield self._found(dump_id, self.folder.bundle(dump_id), seen, on_bundle)
        for dump_id, seen in self._pages(self.folder.quarantines):
            yield self._found(dump_id, self.folder.quarantined(dump_id), seen, on_quarantined)
        for dump_id, seen in self._pages(self.folder.backups):
            path = self.folder.backup(dump_id)
            yield self._found(dump_id, path, seen, self._on_backup(path))
        for path in self.folder.partials():
            yield self._partial(path)

    def _pages(self, ids: Callable[[int, int], list[int]]) -> Iterator[tuple[int, _Seen]]:
        after = 0
        while page := ids(after, _PAGE):
            situation = self._situation()
            with psycopg.RawCursor(self.connection) as cursor:
                standings = look.standings(cursor, page)
            yield from ((dump_id, _Seen(standings[dump_id], situation)) for dump_id in page)
            after = page[-1]

    def _situation(self) -> Situation:
        return look.situation(self.connection, self.grace)

    def _on_backup(self, path: Path) -> _Judge:
        relative = path.relative_to(self.folder.root).as_posix()

        def judge(standing: Standing, situation: Situation) -> Verdict:
            if standing.buried_ago is not None:
                return on_buried(standing.buried_ago, situation)
            return on_backup(standing, self.host, relative, situation)

        return judge

    def _found(self, dump_id: int, path: Path, seen: _Seen, judge: _Judge) -> Found:
        size = 0
        try:
            before = path.stat()
            size = before.st_size
            standing = seen.standing
            verdict = judge(standing, seen.situation)
            if verdict.goes and standing.buried_ago is None and standing.moved:
                verdict = unchanged(standing.moved, look.content(path))
            if not (verdict.goes and self.deletes):
                return Found(path, size, verdict)
            return self._deleted(dump_id, path, before, judge, Found(path, size, verdict))
        except OSError as error:
            return Found(path, size, Verdict(False, f"{error.strerror}"))

    def _deleted(
        self, dump_id: int, path: Path, before: os.stat_result, judge: _Judge, found: Found
    ) -> Found:
        with self.connection.transaction(), psycopg.RawCursor(self.connection) as cursor:
            hold_mode(cursor)
            if not try_lock_dump(cursor, dump_id):
                return Found(path, found.size, _BUSY)
            standing = look.standings(cursor, [dump_id])[dump_id]
            verdict = judge(standing, self._situation())
            if not verdict.goes:
                return Found(path, found.size, verdict)
            if _identity(path.stat()) != _identity(before):
                return Found(path, found.size, _OTHER)
            self.folder.discard(path)
        return Found(path, found.size, found.verdict, is_gone=True)

    def _partial(self, path: Path) -> Found:
        try:
            status = path.stat()
            age = timedelta(seconds=time.time() - status.st_mtime)
            verdict = on_partial(age, self._situation())
            if verdict.goes and self.deletes:
                self.folder.discard(path)
            return Found(path, status.st_size, verdict, verdict.goes and self.deletes)
        except OSError as error:
            return Found(path, 0, Verdict(False, f"{error.strerror}"))


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
