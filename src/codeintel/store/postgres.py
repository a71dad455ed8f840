"""Dumps as rows of the five tables of a Postgres.

The statements and the number of round trips are those of the incident's store, but for the
transaction around a request and its metadata, which are asked for once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from codeintel.bundle import MonikerKey
from codeintel.store import copying
from codeintel.store.dump import Dump
from codeintel.store.errors import DumpAlreadyStored, DumpNotStored, StoreNotMigrated
from codeintel.store.locks import lock_dump
from codeintel.store.queries import query
from codeintel.store.rows import Rows
from codeintel.store.upkeep import tell

_Connection = psycopg.Connection[Any]


class PostgresBlobs:
    """The blobs of one dump, whose metadata was there."""

    def __init__(self, cursor: psycopg.RawCursor[Any], dump_id: int, chunks: int) -> None:
        self._cursor = cursor
        self._dump_id = dump_id
        self.num_result_chunks = chunks

    def document(self, path: str) -> bytes | None:
        """Return the blob of a document."""
        return self._blob("document", path)

    def result_chunk(self, index: int) -> bytes | None:
        """Return the blob of a result chunk."""
        return self._blob("result_chunk", index)

    def definitions(self, key: MonikerKey) -> bytes | None:
        """Return the blob with the places where a moniker is defined."""
        return self._blob("definitions", *key)

    def references(self, key: MonikerKey) -> bytes | None:
        """Return the blob with the places where a moniker is used."""
        return self._blob("references", *key)

    def paths(self, prefix: str) -> list[str]:
        """Return the paths that start with a text; ``%`` and ``_`` stand for themselves."""
        escaped = prefix.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        rows = self._cursor.execute(query("paths"), [self._dump_id, escaped])
        return [path for (path,) in rows]

    def _blob(self, name: str, *key: object) -> bytes | None:
        row = self._cursor.execute(query(name), [self._dump_id, *key]).fetchone()
        return None if row is None else row[0]


class PostgresStore:
    """The dumps that are rows."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    @contextmanager
    def open(self, dump_id: int) -> Iterator[Dump]:
        """Yield a dump in one snapshot, or in the transaction that the connection is in.

        Raises DumpNotStored, or what psycopg raises.
        """
        # One round trip for both, which only a statement without parameters can be.
        metadata = query("metadata").replace("$1", f"{dump_id:d}")
        with psycopg.RawCursor(self._connection) as cursor, _snapshot(cursor, metadata):
            row = cursor.fetchone()
            if row is None:
                raise DumpNotStored(dump_id)
            yield Dump(PostgresBlobs(cursor, dump_id, row[0]))

    def exists(self, dump_id: int) -> bool:
        """Answer whether there is a row of metadata of that id."""
        with psycopg.RawCursor(self._connection) as cursor:
            return cursor.execute(query("metadata"), [dump_id]).fetchone() is not None

    def dumps(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after``, ascending."""
        with psycopg.RawCursor(self._connection) as cursor:
            return [dump_id for (dump_id,) in cursor.execute(query("dumps"), [after, limit])]

    def write(self, dump_id: int, rows: Rows, *, replace: bool = False) -> None:
        """Write a dump in one transaction; readers have the one before it until the commit.

        On a connection that is inside a transaction already, that transaction decides: this becomes
        a savepoint of it. Raises DumpAlreadyStored, StoreNotMigrated, or what psycopg raises; then
        the store is as it was.
        """
        try:
            with self._connection.transaction(), psycopg.RawCursor(self._connection) as cursor:
                lock_dump(cursor, dump_id)
                copying.lock_tables(cursor)
                if replace:
                    copying.delete(cursor, dump_id)
                elif cursor.execute(query("metadata"), [dump_id]).fetchone():
                    raise DumpAlreadyStored(dump_id)
                copying.insert(cursor, dump_id, rows)
        except psycopg.errors.UniqueViolation:
            # Another worker, of a release without the lock, committed the same dump meanwhile.
            raise DumpAlreadyStored(dump_id) from None

    def delete(self, dump_id: int) -> bool:
        """Delete a dump's rows and bury its files, in one transaction.

        Answers whether there were rows. Raises StoreNotMigrated before revision 0006.
        """
        try:
            with self._connection.transaction(), psycopg.RawCursor(self._connection) as cursor:
                lock_dump(cursor, dump_id)
                copying.lock_tables(cursor)
                tell(cursor, "bury", dump_id)
                tell(cursor, "forget_moved", dump_id)
                return copying.delete(cursor, dump_id)
        except psycopg.errors.UndefinedTable:
            raise StoreNotMigrated("it has no table of tombstones") from None


@contextmanager
def _snapshot(cursor: psycopg.RawCursor[Any], first: str) -> Iterator[None]:
    """Ask a first question, and let it and all in the block see one state of the database."""
    connection = cursor.connection
    if (
        not connection.autocommit
        or connection.info.transaction_status is not TransactionStatus.IDLE
    ):
        cursor.execute(first)
        yield
        return
    try:
        cursor.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {first}")
        cursor.nextset()
        yield
    finally:
        if not connection.closed:
            cursor.execute("ROLLBACK")
