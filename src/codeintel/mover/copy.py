"""One bundle, one transaction: rows, tallies compared, a record of the file, metadata last.

The file leaves in a second one (retire.py). A process that dies between the two leaves a dump that
is whole in Postgres and a file that no reader asks any more; whoever comes next sees by the record
that only the rename is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import psycopg

from codeintel.mover.checksum import checksum_for
from codeintel.mover.compare import bundle_differs, rows_differ
from codeintel.mover.queries import query
from codeintel.mover.retire import resting_place
from codeintel.mover.source import Bundle, Identity, identify, opened
from codeintel.mover.standing import Standing, locked, sha256
from codeintel.mover.transfer import Transfer
from codeintel.roles import require_begun, require_both_stores
from codeintel.store import copying
from codeintel.store.folder import BundleFolder
from codeintel.store.locks import hold_mode
from outofband.backfill import Damaged, Quarantined, here

_Connection = psycopg.Connection[Any]


class BundleChanged(Exception):
    """A bundle was replaced or deleted while it was copied: nothing of the copy is kept."""


class Outcome(Enum):
    """What became of a bundle."""

    MOVED = "moved"
    """Its rows are in Postgres now, and were not before."""
    REPLACED = "replaced"
    """The same, in the place of the rows of an earlier file."""
    THERE = "there"
    """Its rows were in Postgres already, each of them."""
    KEPT = "kept"
    """Writers keep it right, beside the rows that they write."""
    BURIED = "buried"
    """The dump was deleted; the file is the janitor's."""
    GONE = "gone"
    """There is no file."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A bundle after it was looked at; ``file`` is the one to retire after the commit, if any."""

    outcome: Outcome
    file: Identity | None = None
    rows: int = 0
    left_out: Sequence[Quarantined] = ()


def copy(
    connection: _Connection, folder: BundleFolder, dump_id: int, *, in_any_mode: bool = False
) -> Copied:
    """Copy a bundle, in the transaction that the connection is in.

    A switch to the mode ``sqlite`` waits for it, so that from then on nothing becomes rows; only
    what is rolled back anyway may be done ``in_any_mode``. Raises Damaged, BundleChanged,
    MoveNotBegun, StoresUnknown, StoreNotMigrated, or what psycopg raises: the transaction is to be
    rolled back then, and nothing was changed.
    """
    require_both_stores(connection, "moving bundles")
    with psycopg.RawCursor(connection) as cursor:
        hold_mode(cursor)
    standing = locked(connection, dump_id)
    if not in_any_mode:
        require_begun(standing.mode)
    if standing.is_buried:
        return Copied(Outcome.BURIED)
    try:
        return _looked_at(connection, folder, dump_id, standing)
    except OSError as error:
        raise Damaged(f"it cannot be read: {error.strerror}") from None


def _looked_at(
    connection: _Connection, folder: BundleFolder, dump_id: int, standing: Standing
) -> Copied:
    path = folder.bundle(dump_id)
    if identify(path) is None:
        return Copied(Outcome.GONE)
    if standing.has_rows and standing.record is None and standing.mode != "postgres":
        return Copied(Outcome.KEPT)
    try:
        with opened(path) as (bundle, file):
            try:
                copied = _Copy(connection, folder, dump_id, bundle, file).after(standing)
            except Damaged:
                _require_same(path, file)
                raise
    except FileNotFoundError:
        raise BundleChanged(path) from None
    _require_same(path, file)
    return copied


def _require_same(path: Path, file: Identity) -> None:
    if identify(path) != file:
        raise BundleChanged(path) from None


class _Copy:
    """An open bundle and the transaction that it goes to."""

    def __init__(
        self,
        connection: _Connection,
        folder: BundleFolder,
        dump_id: int,
        bundle: Bundle,
        file: Identity,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._dump_id = dump_id
        self._path = folder.bundle(dump_id)
        self._bundle = bundle
        self._file = file
        self._checksum = checksum_for(connection.info.server_version)

    def after(self, standing: Standing) -> Copied:
        """Bring the rows to be those of the file, whatever they were."""
        if standing.has_rows and standing.record and standing.record.is_of(self._path):
            return Copied(Outcome.THERE, self._file)
        with psycopg.RawCursor(self._connection) as cursor:
            cursor.execute(query("planning"))
            if standing.has_rows and standing.record is None:
                return self._compared(cursor)
            return self._moved(cursor, Outcome.REPLACED if standing.has_rows else Outcome.MOVED)

    def _moved(self, cursor: psycopg.RawCursor[Any], outcome: Outcome) -> Copied:
        copying.lock_tables(cursor)
        # Rows without metadata too: what the incident's mover left when it died.
        copying.delete(cursor, self._dump_id)
        transfer = Transfer(cursor, self._dump_id, self._bundle, self._checksum)
        with ThreadPoolExecutor(1) as thread:
            checked: list[Future[bytes]] = []
            sent = transfer.copy(lambda: checked.append(thread.submit(self._checked)))
            told = rows_differ(cursor, self._dump_id, self._checksum, sent)
        digest = checked[0].result()
        if told:
            raise Damaged(f"what Postgres stored is not what was sent: {told}")
        self._record(cursor, digest, whole=not transfer.left_out)
        cursor.execute(query("metadata"), [self._dump_id, self._bundle.num_result_chunks])
        rows = 1 + sum(tally.rows for tally in sent.values())
        return Copied(outcome, self._file, rows, transfer.left_out)

    def _compared(self, cursor: psycopg.RawCursor[Any]) -> Copied:
        """Take rows that a writer wrote beside the file, if they are the file's."""
        digest = self._checked()
        if told := bundle_differs(cursor, self._dump_id, self._bundle):
            raise Damaged(f"Postgres has other rows of this dump, from a writer: {told}")
        self._record(cursor, digest, whole=True)
        return Copied(Outcome.THERE, self._file)

    def _checked(self) -> bytes:
        """Return the SHA-256 of the file, if SQLite finds nothing wrong with it."""
        self._bundle.check()
        return sha256(self._path)

    def _record(self, cursor: psycopg.RawCursor[Any], digest: bytes, *, whole: bool) -> None:
        path = resting_place(self._folder, self._dump_id, whole=whole).as_posix()
        values = [here(), path, self._file.bytes, digest]
        cursor.execute(query("record"), [self._dump_id, *values])
