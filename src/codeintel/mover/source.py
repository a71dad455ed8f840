"""A bundle as the mover reads it: as it is at one moment, never written to, and not trusted.

What the file lacks to be a bundle of version 5 is told as Damaged, before a row is read. A row that
has wrong types is told by itself. Blobs are never decoded.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from codeintel.mover.tables import TABLES, Batch, Table, int4
from codeintel.store.bundle_file import LAYOUT_VERSION
from outofband.backfill import Damaged

_MAGIC: Final = b"SQLite format 3\0"
_PATIENCE: Final = 2.0
"""How long a lock on the file is waited for, in seconds."""

_LOG_SUFFIXES: Final = ("-wal", "-journal")
_EXPECTED: Final = {
    "schema_version": ["version"],
    "meta": ["num_result_chunks"],
    **{table.source: [column.source for column in table.columns] for table in TABLES},
}
#: A batch of rows is closed by those that reach so many rows or bytes: what is in memory does not
#: grow with the bundle. It fits into a socket's buffer.
_BATCH_ROWS: Final = 500
_BATCH_BYTES: Final = 1 << 17
#: One by one, 260,000 rows take 0.26 s to read, so many at a time 0.21 s.
_FETCHED: Final = 16
#: The bytes of a row beside its blob: its length and its number, and where it stands in its page.
_LEAST_OF_A_ROW: Final = 4

#: What is wrong with rows is listed among what is wrong with the file, and has not to hide it.
_MOST_LINES: Final = 10_000


class Identity(NamedTuple):
    """Which file it is, and in which state: another file, or a change to it, is another value."""

    inode: int
    bytes: int
    changed: int
    """When it was last written, in nanoseconds since the epoch."""


def identify(path: Path) -> Identity | None:
    """Return what a file is at this moment, a link for itself; None where there is none.

    Raises OSError where it may not be looked at.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Identity(found.st_ino, found.st_size, found.st_mtime_ns)


class WrongRow(NamedTuple):
    """A row that has not the types of its table: where it stands in the file, and what it has."""

    rowid: int
    reason: str


class Bundle:
    """An open bundle, in a read transaction: every question is answered from one state."""

    def __init__(self, path: Path, connection: sqlite3.Connection, num_result_chunks: int) -> None:
        self._path = path
        self._bytes = path.stat().st_size
        self._connection = connection
        self.num_result_chunks = num_result_chunks

    def check(self) -> None:
        """Look at every page whether it is as SQLite wrote it; raises Damaged.

        The keys of tables and of their indexes are compared: readers find rows by the index, the
        mover takes the table's, and a bit that is wrong in either would give another answer. By a
        connection of its own: another thread may do it while this one reads.
        """
        with _in_words(), _connected(self._path) as source:
            found = [line for (line,) in source.execute(f"PRAGMA integrity_check({_MOST_LINES})")]
        lines = [line for line in found if _is_of_the_file(line)]
        if lines not in ([], [b"ok"]):
            raise Damaged(f"SQLite finds it damaged: {_short(lines[0])}")

    def batches(self, table: Table) -> Iterator[Batch]:
        """Yield the rows that have the right types.

        Raises Damaged where the file ends, or is no database, in the middle of a table, and where
        rows come that cannot all be in it: pages that point at one another would never end.
        """
        columns = ", ".join(column.quoted for column in table.columns)
        sql = f'SELECT {columns} FROM "{table.source}" WHERE {table.is_right}'
        with _in_words():
            batch: list[tuple[Any, ...]] = []
            size, room = 0, self._bytes
            found = self._connection.execute(sql)
            while rows := found.fetchmany(_FETCHED):
                batch += rows
                size += sum([len(row[-1]) for row in rows])
                if size >= _BATCH_BYTES or len(batch) >= _BATCH_ROWS:
                    room -= size + _LEAST_OF_A_ROW * len(batch)
                    if room < 0:
                        raise Damaged(f"{table.source} has more rows than the file has room for")
                    yield _by_column(table, batch)
                    batch, size = [], 0
            if batch:
                yield _by_column(table, batch)

    def count(self, table: Table) -> int:
        """Return how many rows a table has, of whatever type."""
        with _in_words():
            [(rows,)] = self._connection.execute(f'SELECT count(*) FROM "{table.source}"')
            return int(rows)

    def wrong_rows(self, table: Table, most: int) -> Sequence[WrongRow]:
        """Return the rows that batches() leaves out, the first ``most`` of them."""
        types = ", ".join(f"typeof({column.quoted})" for column in table.columns)
        sql = f'SELECT rowid, {types} FROM "{table.source}" WHERE NOT ({table.is_right}) LIMIT ?'
        with _in_words():
            found = self._connection.execute(sql, [most]).fetchall()
        return [WrongRow(rowid, _wrong(table, has)) for rowid, *has in found]


def _by_column(table: Table, rows: Sequence[tuple[Any, ...]]) -> Batch:
    columns = zip(*rows, strict=True)
    return [
        tuple(map(int4, values)) if column.type == "integer" else values
        for column, values in zip(table.columns, columns, strict=True)
    ]


def _wrong(table: Table, types: Sequence[bytes]) -> str:
    told = [
        f"{column.source} is {has.decode()}, not {column.type}"
        for column, has in zip(table.columns, types, strict=True)
        if has.decode() != column.type
    ]
    return ", ".join(told) or "a number is too large"


@contextmanager
def opened(path: Path) -> Iterator[tuple[Bundle, Identity]]:
    """Yield the bundle in a file, and which file that is.

    Raises Damaged with what the file is instead, and FileNotFoundError.
    """
    before = _looked_at(path)
    with _in_words(), _connected(path) as source:
        source.execute("BEGIN")
        bundle = Bundle(path, source, _looked_into(source))
        if identify(path) != before:
            raise FileNotFoundError(path)
        yield bundle, before


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    # Not immutable: SQLite must take its lock, and see the one of a writer.
    uri = f"file:{quote(os.fspath(path.absolute()))}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)) as source:
        source.text_factory = bytes
        for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            source.execute(f"PRAGMA {pragma}")
        yield source


def _looked_at(path: Path) -> Identity:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise Damaged("it is a link: put the file itself into its place")
    if not stat.S_ISREG(found.st_mode):
        raise Damaged("it is no file")
    with path.open("rb") as file:
        head = file.read(len(_MAGIC))
    if head != _MAGIC:
        raise Damaged("it is empty" if not head else "it is no SQLite database")
    for suffix in _LOG_SUFFIXES:
        log = identify(Path(f"{path}{suffix}"))
        if log is not None and log.bytes:
            raise Damaged(
                f"it has a {suffix} file beside it: a writer is at work, or died, and what it wrote"
                " is not all in the file. Open it once with sqlite3, and close it"
            )
    return Identity(found.st_ino, found.st_size, found.st_mtime_ns)


def _looked_into(source: sqlite3.Connection) -> int:
    """Return the number of result chunks, if this is a bundle of our version."""
    _check_tables(source)
    versions = source.execute("SELECT CAST(version AS TEXT) FROM schema_version").fetchall()
    if versions != [(LAYOUT_VERSION.encode(),)]:
        told = ", ".join(f"{version!a}"[1:] for (version,) in versions[:3]) or "missing"
        raise Damaged(f"its schema version is {told}, not '{LAYOUT_VERSION}'")
    meta = source.execute("SELECT num_result_chunks FROM meta").fetchall()
    if len(meta) != 1 or not isinstance(meta[0][0], int) or not 0 < meta[0][0] < 1 << 31:
        raise Damaged("its number of result chunks is no single positive number")
    return int(meta[0][0])


def _check_tables(source: sqlite3.Connection) -> None:
    kinds = dict(source.execute("SELECT name, type FROM sqlite_schema").fetchall())
    for table, columns in _EXPECTED.items():
        if kinds.get(table.encode()) != b"table":
            raise Damaged(f"it is no bundle: it has no table {table}")
        found = [name.decode() for _, name, *_ in source.execute(f'PRAGMA table_info("{table}")')]
        if found != columns:
            raise Damaged(f"its table {table} has the columns {', '.join(found)}"[:300])


def _is_of_the_file(line: bytes) -> bool:
    # What is wrong with one row is told with the row.
    return not line.startswith((b"NULL value in ", b"NUMERIC value in ", b"TEXT value in "))


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Damaged("it is locked: a writer has it open") from None
        raise Damaged(f"SQLite cannot read it: {_short(str(error).encode())}") from None
    except sqlite3.Error as error:
        raise Damaged(f"SQLite cannot read it: {_short(str(error).encode())}") from None
    except UnicodeDecodeError:  # of what SQLite says of it, which quotes it
        raise Damaged("SQLite cannot read it, nor say why: what it quotes is no text") from None


def _short(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())[:200]
