"""Dumps as files: a bundle for each, below one folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from codeintel.bundle import MonikerKey
from codeintel.store.bundle_file import LAYOUT_VERSION, write_bundle
from codeintel.store.dump import Dump
from codeintel.store.errors import BundleUnreadable, DumpAlreadyStored, DumpNotStored
from codeintel.store.folder import BundleFolder, is_taken
from codeintel.store.rows import Rows


class SqliteBlobs:
    """The blobs of one open bundle."""

    def __init__(self, file: sqlite3.Connection, path: Path) -> None:
        """Look at the layout and the metadata; raises BundleUnreadable."""
        self._file = file
        self._path = path
        version = self._value('SELECT "version" FROM "schema_version"')
        if version != LAYOUT_VERSION:
            raise BundleUnreadable(path, f"its layout is {version!r:.20}, not {LAYOUT_VERSION!r}")
        chunks = self._value('SELECT "num_result_chunks" FROM "meta"')
        if not isinstance(chunks, int) or chunks < 1:
            raise BundleUnreadable(path, "its number of result chunks is none")
        self.num_result_chunks = chunks

    def document(self, path: str) -> bytes | None:
        """Return the blob of a document."""
        return self._blob('SELECT "data" FROM "documents" WHERE "path" = ?', path)

    def result_chunk(self, index: int) -> bytes | None:
        """Return the blob of a result chunk."""
        return self._blob('SELECT "data" FROM "result_chunks" WHERE "id" = ?', index)

    def definitions(self, key: MonikerKey) -> bytes | None:
        """Return the blob with the places where a moniker is defined."""
        return self._blob(
            'SELECT "data" FROM "definitions" WHERE "scheme" = ? AND "identifier" = ?', *key
        )

    def references(self, key: MonikerKey) -> bytes | None:
        """Return the blob with the places where a moniker is used."""
        return self._blob(
            'SELECT "data" FROM "references" WHERE "scheme" = ? AND "identifier" = ?', *key
        )

    def paths(self, prefix: str) -> list[str]:
        """Return the paths that start with a text."""
        # The comparison is what the key's index answers. LIKE would not tell a from A.
        found = self._file.execute(
            'SELECT "path" FROM "documents" WHERE "path" >= ?1 '
            'AND substr("path", 1, length(?1)) = ?1',
            [prefix],
        )
        return [path for (path,) in found]

    def _value(self, sql: str, *parameters: Any) -> Any:
        row = self._file.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def _blob(self, sql: str, *key: Any) -> bytes | None:
        blob = self._value(sql, *key)
        if blob is None or isinstance(blob, bytes):
            return blob
        raise BundleUnreadable(self._path, f"a blob of it is of type {type(blob).__name__}")


class SqliteStore:
    """The dumps that are files below a folder. Writers and deleters hold the dump's lock."""

    def __init__(self, folder: BundleFolder) -> None:
        self._folder = folder

    @contextmanager
    def open(self, dump_id: int) -> Iterator[Dump]:
        """Yield a dump: the file as it was opened, whatever takes its place meanwhile.

        Raises DumpNotStored; BundleUnreadable, also in the middle of a request.
        """
        path = self._folder.bundle(dump_id)
        try:
            with closing(_opened(path)) as file:
                yield Dump(SqliteBlobs(file, path))
        except FileNotFoundError:
            raise DumpNotStored(dump_id) from None
        except sqlite3.Error as error:
            raise BundleUnreadable(path, str(error)) from error
        except UnicodeDecodeError as error:  # of what SQLite says of it, which quotes it
            raise BundleUnreadable(path, "SQLite finds it damaged") from error

    def exists(self, dump_id: int) -> bool:
        """Answer whether there is a file of that id."""
        return self._folder.bundle(dump_id).is_file()

    def dumps(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after``, ascending."""
        return self._folder.bundles(after, limit)

    def write(self, dump_id: int, rows: Rows, *, replace: bool = False) -> None:
        """Write a dump's file, whole or not at all; raises DumpAlreadyStored."""
        if self.exists(dump_id) and not replace:
            raise DumpAlreadyStored(dump_id)
        with self._folder.partial(dump_id) as partial:
            write_bundle(partial, rows)
            self._folder.place(partial, dump_id)

    def delete(self, dump_id: int) -> bool:
        """Remove a dump's file, and answer whether there was one."""
        return self._folder.remove(dump_id)


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file for reading; raises FileNotFoundError where there is none."""
    try:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        if is_taken(path):
            raise
        raise FileNotFoundError(path) from None
