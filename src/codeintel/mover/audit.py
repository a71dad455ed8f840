"""What was moved, looked at again: every file that is still here beside the rows of its dump."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from codeintel.mover.compare import file_differs
from codeintel.mover.queries import query
from codeintel.mover.standing import Record, locked
from codeintel.store.folder import BundleFolder
from outofband.backfill import here

_Connection = psycopg.Connection[Any]


def audit(connection: _Connection, folder: BundleFolder) -> Iterator[str]:
    """Yield a sentence for each moved dump of this host that is not what its file is.

    Files that the janitor has deleted are passed over, and so are those of which rows were left out
    (db-quarantine/): they have more than Postgres can hold.
    """
    after = 0
    with psycopg.RawCursor(connection) as cursor:
        while page := cursor.execute(query("records"), [after, here()]).fetchall():
            for dump_id, has_rows, path, size, digest in page:
                record = Record(Path(path), size, digest)
                try:
                    wrong = _wrong(cursor, folder, dump_id, record, has_rows=has_rows)
                except OSError as error:
                    wrong = f"{record.path} cannot be read: {error.strerror}"
                if wrong:
                    yield f"dump {dump_id}: {wrong}"
            after = page[-1][0]


def _wrong(
    cursor: psycopg.RawCursor[Any],
    folder: BundleFolder,
    dump_id: int,
    record: Record,
    *,
    has_rows: bool,
) -> str:
    path = folder.root / record.path
    if not has_rows:
        return "it was moved, and has no metadata"
    if path != folder.backup(dump_id) or not path.exists():
        return ""
    if not record.is_of(path):
        return f"{record.path} has changed since it was moved"
    if not file_differs(cursor, dump_id, path):
        return ""
    # A writer may have replaced the dump, or be at it: what counts is how it stands under its lock.
    with cursor.connection.transaction():
        standing = locked(cursor.connection, dump_id)
        if standing.is_buried or standing.record != record:
            return ""
        return file_differs(cursor, dump_id, path)
