"""A dump asked by position: document -> result chunks -> documents.

Written once over blobs by key, wherever these come from. Paging happens in memory, after a whole
blob was read, as in the incident's store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol

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
from codeintel.store.rows import is_storable


class Blobs(Protocol):
    """One dump as a store holds it; what is not there is None."""

    @property
    def num_result_chunks(self) -> int:
        """The divisor of the chunks' hash, at least 1."""

    def document(self, path: Path) -> bytes | None:
        """Return the blob of a document."""

    def result_chunk(self, index: int) -> bytes | None:
        """Return the blob of a result chunk."""

    def definitions(self, key: MonikerKey) -> bytes | None:
        """Return the blob with the places where a moniker is defined."""

    def references(self, key: MonikerKey) -> bytes | None:
        """Return the blob with the places where a moniker is used."""

    def paths(self, prefix: str) -> list[Path]:
        """Return the paths that start with a text, in any order."""


class Dump:
    """One dump; every method reads and decodes anew, as the incident's readers did."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def document(self, path: Path) -> Document | None:
        """Return a document, or None where the dump has no such path."""
        blob = self._blobs.document(path) if is_storable(path) else None
        return None if blob is None else blobs.decode_document(blob)

    def exists(self, path: Path) -> bool:
        """Answer whether the dump has a document of that path."""
        return self.document(path) is not None

    def paths(self, prefix: str = "") -> list[Path]:
        """Return the paths that start with ``prefix``, in the order of their characters.

        Sorted here: databases order texts by their collations, which differ.
        """
        return sorted(self._blobs.paths(prefix)) if is_storable(prefix) else []

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
        blob = self._blobs.definitions(key) if is_storable(*key) else None
        return _page(blob, page)

    def moniker_references(self, key: MonikerKey, page: Page | None = None) -> Sequence[Location]:
        """Return where a moniker is used in this dump."""
        blob = self._blobs.references(key) if is_storable(*key) else None
        return _page(blob, page)

    def diagnostics(self, prefix: str = "") -> list[tuple[Path, Diagnostic]]:
        """Return what compilers had to say about the documents below ``prefix``."""
        documents = ((path, self.document(path)) for path in self.paths(prefix))
        return [(path, d) for path, document in documents if document for d in document.diagnostics]

    def _enclosing(self, path: Path, line: int, character: int) -> list[Range]:
        document = self.document(path)
        return enclosing(document, line, character) if document else []

    def _locations(self, result_id: str) -> Iterator[Location]:
        """Yield the locations of a result: its chunk says which ranges, their documents where."""
        if not result_id:
            return
        index = result_chunk_index(result_id, self._blobs.num_result_chunks)
        blob = self._blobs.result_chunk(index)
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


def _page(blob: bytes | None, page: Page | None) -> Sequence[Location]:
    return [] if blob is None else slice_page(blobs.decode_locations(blob), page)
