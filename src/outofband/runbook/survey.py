"""Find out what an estimate needs: from the catalog, from statistics, and from a bounded look at
the table itself. Reads only.

Each look is one statement that the server ends after a second, so that whoever waits for the table
waits no longer. What a role may not read, or what takes too long, becomes a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outofband.catalog.reader import Reader, Row, query
from outofband.model.index import Index
from outofband.runbook.btree import PAGE, Part
from outofband.runbook.distinct import distinct_in
from outofband.runbook.estimate import Ground, Pace
from outofband.runbook.hand import StatementFailed
from outofband.runbook.sampling import KEY, Sample, Surveyor, aligned, glance, sample
from outofband.runbook.tuning import Machine

_PAGES, _RANGES = 2_000, 4
_REFERENCE = "SELECT n FROM generate_series(1, 100000) AS n ORDER BY n * 7919 % 100003"
_FILLFACTOR = 90
_HARDLY_REPEATS = 0.95
_OFF = frozenset({"off", "false", "no", "0"})


def machine(reader: Reader) -> Machine:
    """Return what the server's settings let a build have."""
    return Machine(**reader.rows(query("machine"))[0])


def reference(surveyor: Surveyor) -> float | None:
    """Return the seconds that the server takes for a fixed amount of work, the best of three; None
    where it does not finish.
    """
    try:
        return min(_timed(surveyor, _REFERENCE)[0] for _ in range(3))
    except StatementFailed:
        return None


def survey(surveyor: Surveyor, index: Index, reference_seconds: float | None) -> Ground:
    """Find out what is known of the rows and columns of an index, and how fast they are read and
    sorted.
    """
    return _Survey(surveyor, index, reference_seconds).ground()


class _Survey:
    def __init__(self, surveyor: Surveyor, index: Index, reference_seconds: float | None) -> None:
        self._surveyor, self._index, self._reference = surveyor, index, reference_seconds
        self._notes: list[str] = []

    def ground(self) -> Ground:
        index, table = self._index, {"table": str(self._index.table)}
        (heap,) = self._surveyor.rows(query("heap"), table)
        heap_bytes = heap["bytes"]
        if index.method != "btree":
            return Ground(index.method, heap_bytes)
        if not heap["readable"]:
            self._notes.append(f"not estimated: this role may not read {index.table}; grant SELECT")
            return Ground(index.method, heap_bytes, notes=tuple(self._notes))
        columns = {row["name"]: row for row in self._surveyor.rows(query("key_types"), table)}
        try:
            return self._readable(heap_bytes, heap["row_estimate"] >= 0, columns)
        except StatementFailed as failed:
            self._notes.append(f"not estimated: {failed.what}")
            return Ground(index.method, heap_bytes, notes=tuple(self._notes))

    def _readable(self, heap_bytes: int, analysed: bool, columns: Mapping[str, Row]) -> Ground:
        index = self._index
        parts, shares = _parts(index, columns), _shares_tuples(index, columns)
        rows = self._planned_rows() if analysed else None
        groups = _groups(index, columns, rows) if rows and parts and shares else None
        seen = None
        if rows is None or parts is None or (shares and groups is None):
            seen = self._sample(heap_bytes, analysed and parts is not None)
        if seen is not None:
            rows = seen.rows if rows is None else rows
            parts = parts or seen.parts
            groups = distinct_in(rows, seen.seen) if shares and groups is None else groups
            if not parts:
                self._notes.append("not estimated: the table has no rows for it yet")
        return Ground(
            index.method,
            heap_bytes,
            rows,
            parts or (),
            groups,
            int(dict(index.options).get("fillfactor", _FILLFACTOR)),
            self._pace(heap_bytes),
            tuple(self._notes),
        )

    def _planned_rows(self) -> float:
        """Return how many rows the planner expects of the table as large as it is now."""
        where = f" WHERE ({self._index.where})" if self._index.where else ""
        select = f"SELECT FROM ONLY {self._index.table}{where}"
        row = glance(self._surveyor, f"EXPLAIN (FORMAT JSON) {select}")
        return float(row["QUERY PLAN"][0]["Plan"]["Plan Rows"])

    def _sample(self, heap_bytes: int, has_statistics: bool) -> Sample | None:
        if not has_statistics:
            self._notes.append(f"{self._missing()}: taken from a sample of the table")
        try:
            return sample(self._surveyor, self._index, heap_bytes)
        except StatementFailed as failed:
            what = "how often keys repeat is not known" if has_statistics else "not estimated"
            self._notes.append(f"{what}: {failed.what}")
            return None

    def _missing(self) -> str:
        if any(key.column is None for key in self._index.keys):
            return "there are no statistics of an expression"
        return f"{self._index.table} was never analysed, or its statistics may not be read"

    def _pace(self, heap_bytes: int) -> Pace | None:
        """Read a few parts of the table, and sort them: how long is a build's own work?"""
        pages = heap_bytes // PAGE
        if not pages or self._reference is None:
            return None
        ranges = _ranges(pages)
        parts = " UNION ALL ".join(self._keys_in(first, end) for first, end in ranges)
        # A build breaks ties by the row's address, which costs about what comparing numbers does.
        select = f"SELECT *, row_number() OVER () FROM ({parts}) AS outofband_part"
        order = ", ".join(str(n + 1) for n in range(len(self._index.keys) + 1))
        try:
            read, rows = _timed(self._surveyor, parts)
            unsorted, _ = _timed(self._surveyor, select)
            sort = _timed(self._surveyor, f"{select} ORDER BY {order}")[0] - unsorted
        except StatementFailed as failed:
            self._notes.append(f"the time is not estimated: {failed.what}")
            return None
        looked_at = sum(end - first for first, end in ranges) * PAGE
        return Pace(looked_at, rows, read, max(0.0, sort), self._reference)

    def _keys_in(self, first: int, end: int) -> str:
        """Return the select of the keys between two pages."""
        keys = ", ".join(f"({k.text}) AS {KEY}_{n}" for n, k in enumerate(self._index.keys))
        where = f"ctid >= '({first},0)' AND ctid < '({end},0)'"
        where += f" AND ({self._index.where})" if self._index.where else ""
        return f"SELECT {keys} FROM ONLY {self._index.table} WHERE {where}"


def _timed(surveyor: Surveyor, select: str) -> tuple[float, float]:
    """Return the seconds that a select took, and how many rows it had."""
    row = glance(surveyor, f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {select}")
    told: dict[str, Any] = row["QUERY PLAN"][0]
    return told["Execution Time"] / 1000, float(told["Plan"]["Actual Rows"])


def _ranges(pages: int) -> list[tuple[int, int]]:
    """Return a few ranges of pages, spread over the table; all of a small table."""
    if pages <= _PAGES:
        return [(0, pages)]
    each, step = _PAGES // _RANGES, pages // _RANGES
    starts = [n * step + (step - each) // 2 for n in range(_RANGES)]
    return [(first, first + each) for first in starts]


def _parts(index: Index, columns: Mapping[str, Row]) -> tuple[Part, ...] | None:
    """Return the index's columns by their statistics; None where one has none."""
    names = [key.column for key in index.keys] + list(index.include)
    found = [columns.get(name) if name is not None else None for name in names]
    if any(column is None or column["width"] is None for column in found):
        return None
    return tuple(_part(column) for column in found if column is not None)


def _part(column: Row) -> Part:
    varies = column["length"] < 0
    width = column["width"] if varies else column["length"]
    alignment = aligned(width, column["alignment"], varies)
    return Part(width, alignment, column["null_fraction"], varies)


def _shares_tuples(index: Index, columns: Mapping[str, Row]) -> bool:
    """Tell whether equal keys share a tuple (PostgreSQL 18, B-Tree Indexes, Deduplication)."""
    off = dict(index.options).get("deduplicate_items", "on").lower() in _OFF
    if index.unique or index.include or off:
        return False
    named = [columns.get(key.column) for key in index.keys if key.column is not None]
    return all(column is not None and column["equal_images"] for column in named)


def _groups(index: Index, columns: Mapping[str, Row], rows: float) -> float | None:
    """Return how many different keys statistics know of; None where they do not.

    They know of one column, and of several when one of these alone hardly repeats.
    """
    if index.where or any(key.column is None for key in index.keys):
        return None
    most = max(_different(columns[key.column], rows) for key in index.keys if key.column)
    return most if len(index.keys) == 1 or most > _HARDLY_REPEATS * rows else None


def _different(column: Row, rows: float) -> float:
    """Return the number of a column's different values, NULL among them; a negative n_distinct is a
    share of the rows (PostgreSQL 18, pg_stats).
    """
    counted = column["distinct_values"]
    known = -counted * rows if counted < 0 else counted
    return float(known) + (1 if column["null_fraction"] > 0 else 0)
