"""What is inflated so far: relations grown by holes, and what the catalog was told of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from outofband.catalog.reader import query
from outofband.model.names import QualifiedName
from outofband.pretend import files, index_size
from outofband.pretend.explain import Asked, AtSize
from outofband.pretend.look import look
from outofband.pretend.there import (
    Differences,
    ServerIndex,
    There,
    columns_by_oid,
    counterpart,
    differences,
)
from outofband.stats.value import PAGE, Index, Stats

Matched = Mapping[QualifiedName, Index | None]
Size = tuple[int, int, float, int]
"""Oid, pages, rows and all-visible pages."""
_EMPTY = 0, -1.0, 0


class Inflation:
    """The tables that were asked about are as large as in production, all others as they were."""

    def __init__(self, session: Asked, at_size: AtSize, data_directory: Path, stats: Stats) -> None:
        self._session = session
        self._at_size = at_size
        self._directory = data_directory
        self._stats = stats
        self._included: set[QualifiedName] = set()
        self._grown: dict[Path, tuple[int, int]] = {}

    def include(self, tables: Collection[QualifiedName]) -> bool:
        """Inflate these tables, with what they are partitions of; tell whether any was new."""
        new = set(tables) - self._included
        if not new:
            return False
        there = look(self._session, new)
        there = there.without(self._included)
        self._included |= new | there.tables.keys()
        self._inflate(there)
        return True

    def empty(self) -> None:
        """Make every table as small as it was. The catalog is told, so that this session opens the
        files anew.
        """
        self.cut()
        self._say_sizes([(oid, *_EMPTY) for oid, _ in self._grown.values()])
        self._grown.clear()
        self._included.clear()

    def cut(self) -> None:
        """Cut every file to what it was."""
        for path, (_, pages) in self._grown.items():
            if path.exists():
                files.cut(path, pages)

    def differences(self) -> Differences:
        """Compare all of the server with all of the stats."""
        there = look(self._session)
        return differences(there, self._stats, self._matched(there))

    def _matched(self, there: There) -> Matched:
        known = self._stats.indexes_of
        return {i.name: counterpart(i, known.get(i.table, ())) for i in there.indexes}

    def _inflate(self, there: There) -> None:
        """Tables, columns, and then indexes, whose size may have to be asked of the planner."""
        matched = self._matched(there)
        sizes = []
        for table in there.tables.values():
            counted = self._stats.tables.get(table.name)
            if counted is not None:
                self._grow(table.oid, table.path, counted.heap_pages)
                sizes.append((table.oid, counted.pages, counted.tuples, counted.all_visible))
        self._say_sizes(sizes)
        self._say_columns(there, matched)
        indexes = (index for index in there.indexes if index.table in self._stats.tables)
        self._say_sizes([self._sized(index, matched[index.name]) for index in indexes])

    def _sized(self, index: ServerIndex, counted: Index | None) -> Size:
        if counted is not None:
            self._grow(index.oid, index.path, -(-counted.bytes // PAGE))
            return index.oid, counted.pages, counted.tuples, 0
        rows = max(self._rows_of(index), 0)
        heap_pages = self._stats.tables[index.table].heap_pages
        columns = self._stats.columns_of.get(index.table, ())
        pages = index_size.pages(index, rows, heap_pages, columns)
        self._grow(index.oid, index.path, pages)
        return index.oid, pages, rows, 0

    def _rows_of(self, index: ServerIndex) -> float:
        """Return how many rows an index has that production does not have: what the planner thinks
        of its predicate.
        """
        if index.predicate is None:
            return self._stats.tables[index.table].tuples
        where = f"SELECT FROM {index.table} WHERE {index.predicate}"
        return self._at_size.explain(where).plan_rows

    def _grow(self, oid: int, path: str | None, pages: int) -> None:
        if path is None:
            return
        first = self._directory / path
        before = files.length(first)
        if pages > before:
            self._grown[first] = oid, before
            files.extend(first, pages)

    def _say_sizes(self, sizes: Sequence[Size]) -> None:
        oids, pages, tuples, all_visible = zip(*sizes, strict=True) if sizes else ((), (), (), ())
        told: dict[str, Iterable[float]] = {
            "oids": oids, "pages": pages, "tuples": map(float, tuples), "all_visible": all_visible
        }  # fmt: skip
        listed = {name: list(values) for name, values in told.items()}
        self._session.rows(query("sizes", __package__), listed)

    def _say_columns(self, there: There, matched: Matched) -> None:
        told = list(columns_by_oid(there, self._stats, matched))
        oids = sorted({oid for oid, _ in told})
        self._session.rows(query("forget", __package__), {"oids": oids})
        columns = json.dumps([{**asdict(column), "oid": oid} for oid, column in told])
        self._session.rows(query("statistics", __package__), {"columns": columns})
