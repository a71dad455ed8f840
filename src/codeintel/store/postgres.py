"""A dump in Postgres, asked by position: document -> result chunks -> documents.

The statements and the number of round trips are those of the incident's store; paging happens in
memory, after a whole blob was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from codeintel.bundle import (
    Diagnostic,
    Document,
    Location,
    Moniker,
    MonikerKey,
    Package,
    Path,
    Range,
    RangeKey,
    result_chunk_index,
)
from codeintel.store import blobs
from codeintel.store.positions import Page, between, enclosing, slice_page
from codeintel.store.queries import query
from outofband.errors import NothingChanged

_Connection = psycopg.Connection[Any]


class DumpNotStored(NothingChanged):
    """The store has no metadata row of that id: never uploaded, or not committed yet."""


class Dump:
    """One dump of the store; every method reads and decodes anew, as the incident's readers did."""

    def __init__(self, connection: _Connection, dump_id: int) -> None:
        """Look at nothing yet; the first question asks the connection."""
        self._cursor = psycopg.RawCursor(connection)
        self._dump_id = dump_id

    def num_result_chunks(self) -> int:
        """Return the divisor of the chunks' hash; raises DumpNotStored."""
        found = self._fetch("metadata")
        if found is None:
            raise DumpNotStored(
                f"there is no dump {self._dump_id}",
                why="the store has no metadata row of it",
                do="Upload it",
            )
        return int(found)

    def document(self, path: Path) -> Document | None:
        """Return a document, or None where the dump has no such path."""
        blob = self._fetch("document", path)
        return None if blob is None else blobs.decode_document(blob)

    def exists(self, path: Path) -> bool:
        """Answer whether the dump has a document of that path."""
        return self.document(path) is not None

    def paths(self, prefix: str = "") -> list[Path]:
        """Return the paths that start with ``prefix``, sorted by the database's collation.

        ``%`` and ``_`` in the prefix stand for themselves.
        """
        escaped = prefix.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        rows = self._cursor.execute(query("paths"), [self._dump_id, escaped])
        return [path for (path,) in rows]

    def definitions(self, path: Path, line: int, character: int) -> Sequence[Location]:
        """Return where what is under the cursor is defined: the innermost range that says so."""
        for range_ in self._enclosing(path, line, character):
            if range_.definition_result:
                return list(self._locations(range_.definition_result))
        return []

    def references(
        self, path: Path, line: int, character: int, page: Page | None = None
    ) -> Sequence[Location]:
        """Return where what is under the cursor is used, its moniker's rows included, each once."""
        document = self.document(path)
        if document is None:
            return []
        found: dict[Location, None] = {}
        for range_ in enclosing(document, line, character):
            found.update(dict.fromkeys(self._locations(range_.reference_result)))
            for moniker in (document.monikers[key] for key in range_.monikers):
                key = MonikerKey(moniker.scheme, moniker.identifier)
                found.update(dict.fromkeys(self.moniker_references(key)))
        return slice_page(list(found), page)

    def hover(self, path: Path, line: int, character: int) -> str | None:
        """Return what an editor shows under the cursor, as Markdown."""
        document = self.document(path)
        ranges = enclosing(document, line, character) if document else []
        texts = (document.hovers[r.hover_result] for r in ranges if document and r.hover_result)
        return next(texts, None)

    def ranges(
        self, path: Path, start_line: int, end_line: int
    ) -> list[tuple[Range, Sequence[Location], Sequence[Location]]]:
        """Return the ranges on some lines, each with its definitions and its references."""
        document = self.document(path)
        if document is None:
            return []
        return [
            (
                range_,
                list(self._locations(range_.definition_result)),
                list(self._locations(range_.reference_result)),
            )
            for range_ in between(document.ranges.values(), start_line, end_line)
        ]

    def monikers(
        self, path: Path, line: int, character: int
    ) -> list[tuple[Moniker, Package | None]]:
        """Return the monikers under the cursor, innermost first, with their packages."""
        document = self.document(path)
        if document is None:
            return []
        keys = (key for r in enclosing(document, line, character) for key in r.monikers)
        monikers = [document.monikers[key] for key in dict.fromkeys(keys)]
        return [(moniker, document.packages.get(moniker.package)) for moniker in monikers]

    def moniker_definitions(self, key: MonikerKey, page: Page | None = None) -> Sequence[Location]:
        """Return where a moniker is defined in this dump."""
        return self._moniker_locations("definitions", key, page)

    def moniker_references(self, key: MonikerKey, page: Page | None = None) -> Sequence[Location]:
        """Return where a moniker is used in this dump."""
        return self._moniker_locations("references", key, page)

    def diagnostics(self, prefix: str = "") -> list[tuple[Path, Diagnostic]]:
        """Return what compilers had to say about the documents below ``prefix``."""
        documents = ((path, self.document(path)) for path in self.paths(prefix))
        return [(path, d) for path, document in documents if document for d in document.diagnostics]

    def _fetch(self, name: str, *parameters: object) -> Any:
        row = self._cursor.execute(query(name), [self._dump_id, *parameters]).fetchone()
        return None if row is None else row[0]

    def _moniker_locations(
        self, table: str, key: MonikerKey, page: Page | None
    ) -> Sequence[Location]:
        blob = self._fetch(table, *key)
        return [] if blob is None else slice_page(blobs.decode_locations(blob), page)

    def _enclosing(self, path: Path, line: int, character: int) -> list[Range]:
        document = self.document(path)
        return enclosing(document, line, character) if document else []

    def _locations(self, result_id: str) -> Iterator[Location]:
        """Yield the locations of a result: its chunk says which ranges, their documents where."""
        if not result_id:
            return
        blob = self._fetch("result_chunk", result_chunk_index(result_id, self.num_result_chunks()))
        if blob is None:
            return
        chunk = blobs.decode_result_chunk(blob)
        keys_by_path: dict[Path, list[RangeKey]] = defaultdict(list)
        for key in chunk.results.get(result_id, ()):
            keys_by_path[chunk.paths[key.document]].append(key)
        for path, keys in keys_by_path.items():
            if document := self.document(path):
                for key in keys:
                    yield Location(path, document.ranges[key.range].span)
