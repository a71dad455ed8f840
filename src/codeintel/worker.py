"""A bundle becomes rows, and the rows of a dump go where the mode of the writers says.

What a reader sees is the dump before, or the dump after, whole; a worker may die anywhere. For a
dump that is replaced in both stores this takes two transactions: the first buries the old file (a
tombstone: whatever file there is of this dump, it is not the dump), while the old rows go on
answering; the second writes the rows, puts the new file into its place, takes the tombstone away
and commits. A worker that dies in between leaves the old rows, and a file that nobody believes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from codeintel import mode
from codeintel.bundle import Bundle, Location, MonikerKey
from codeintel.mode import Mode
from codeintel.store import blobs, copying
from codeintel.store.bundle_file import write_bundle
from codeintel.store.errors import DumpAlreadyStored, KeyUnstorable
from codeintel.store.folder import BundleFolder
from codeintel.store.locks import hold_mode, lock_dump
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import (
    DocumentRow,
    MetadataRow,
    MonikerRow,
    ResultChunkRow,
    Rows,
    is_storable,
)
from codeintel.store.upkeep import ask, tell

_Connection = psycopg.Connection[Any]
_Cursor = psycopg.RawCursor[Any]


def prepare(bundle: Bundle) -> Rows:
    """Return the encoded rows of a dump, good for any number of uploads; raises KeyUnstorable."""
    rows = Rows(
        metadata=MetadataRow(bundle.num_result_chunks),
        documents=tuple(
            DocumentRow(path, blobs.encode_document(document), len(document.diagnostics))
            for path, document in bundle.documents.items()
        ),
        result_chunks=tuple(
            ResultChunkRow(index, blobs.encode_result_chunk(chunk))
            for index, chunk in bundle.result_chunks.items()
        ),
        definitions=_moniker_rows(bundle.definitions),
        references=_moniker_rows(bundle.references),
    )
    for key in _keys(rows):
        if not is_storable(key):
            raise KeyUnstorable(key)
    return rows


def _moniker_rows(
    table: Mapping[MonikerKey, tuple[Location, ...]],
) -> tuple[MonikerRow, ...]:
    return tuple(
        MonikerRow(*key, blobs.encode_locations(locations), len(locations))
        for key, locations in table.items()
    )


def _keys(rows: Rows) -> Iterator[str]:
    yield from (row.path for row in rows.documents)
    for row in (*rows.definitions, *rows.references):
        yield from (row.scheme, row.identifier)


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where a dump is, looked at under its lock."""

    has_rows: bool
    is_buried: bool
    mode: Mode


def write(
    connection: _Connection,
    folder: BundleFolder,
    dump_id: int,
    rows: Rows,
    *,
    replace: bool = False,
) -> Mode:
    """Write a dump where the mode says, whole or not at all, and return the mode.

    Needs an autocommit connection outside any transaction. Raises DumpAlreadyStored where there is
    such a dump in either store and it is not to be replaced, StoreNotMigrated, or what psycopg
    raises.
    """
    while True:
        planned = mode.current(connection)
        with _draft(folder, dump_id, rows, planned) as draft:
            if _write_or_bury(connection, folder, dump_id, rows, draft, planned, replace=replace):
                break
    if not planned.has_files:
        clear_buried(connection, folder, dump_id)
    return planned


@contextmanager
def _draft(folder: BundleFolder, dump_id: int, rows: Rows, planned: Mode) -> Iterator[Path | None]:
    """Yield the finished file, still under another name; its making needs no lock."""
    if not planned.has_files:
        yield None
        return
    with folder.partial(dump_id) as partial:
        write_bundle(partial, rows)
        yield partial


def _write_or_bury(
    connection: _Connection,
    folder: BundleFolder,
    dump_id: int,
    rows: Rows,
    draft: Path | None,
    planned: Mode,
    *,
    replace: bool,
) -> bool:
    """Write in one transaction, or bury the old file in one; False where there is more to do."""
    with connection.transaction(), psycopg.RawCursor(connection) as cursor:
        standing = _standing(cursor, dump_id)
        if standing.mode is not planned:
            return False
        has_file = not standing.is_buried and folder.bundle(dump_id).exists()
        if (standing.has_rows or has_file) and not replace:
            raise DumpAlreadyStored(dump_id)
        if draft and standing.has_rows and not standing.is_buried:
            tell(cursor, "bury", dump_id)
            return False
        tell(cursor, "forget_moved", dump_id)
        if standing.has_rows:
            copying.delete(cursor, dump_id)
        if planned.has_rows:
            copying.insert(cursor, dump_id, rows)
        if draft is None:
            # The file may also lie on another host, out of sight.
            if replace:
                tell(cursor, "bury", dump_id)
        else:
            tell(cursor, "exhume", dump_id)
            folder.place(draft, dump_id)
    return True


def _standing(cursor: _Cursor, dump_id: int) -> _Standing:
    hold_mode(cursor)
    lock_dump(cursor, dump_id)
    copying.lock_tables(cursor)
    has_rows, is_buried, now = ask(cursor, "standing", dump_id)
    return _Standing(has_rows, is_buried, Mode(now))


def delete(connection: _Connection, folder: BundleFolder, dump_id: int) -> bool:
    """Delete a dump from both stores, for good, and answer whether there was one.

    From the commit on it is nowhere: its rows are gone and its file is buried. The file itself goes
    afterwards; where that fails, the janitor takes it.
    """
    had_rows = PostgresStore(connection).delete(dump_id)
    return clear_buried(connection, folder, dump_id) or had_rows


def clear_buried(connection: _Connection, folder: BundleFolder, dump_id: int) -> bool:
    """Remove the files of a dump if a tombstone lies on them; answer whether there were any."""
    with connection.transaction(), psycopg.RawCursor(connection) as cursor:
        lock_dump(cursor, dump_id)
        [is_buried] = ask(cursor, "is_buried", dump_id)
        return bool(is_buried) and folder.remove(dump_id)
