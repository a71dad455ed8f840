"""Find out what an estimate needs: from the catalog, from statistics, and from a bounded look at the
table itself. Reads only.

Each look is one statement that the server ends after a second, so that whoever waits for the table
waits no longer. What a role may not read, or what takes too long, becomes a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from outofband.catalog.reader import Reader, Row, query
from outofband.model.index import Index
from outofband.model.names import quote
from outofband.runbook.btree import PAGE, Part
from outofband.runbook.distinct import distinct_in
from outofband.runbook.estimate import Ground, Pace
from outofband.runbook.hand import StatementFailed
from outofband.runbook.tuning import Machine

_SAMPLED_PAGES = 3_000
_SAMPLED_ROWS = 30_000
_PACED_PAGES, _RANGES = 2_000, 4
_REFERENCE = "SELECT n FROM generate_series(1, 100000) AS n ORDER BY n * 7919 % 100003"
_KEY = "outofband_key"
_FILLFACTOR = 90


class Surveyor(Reader, Protocol):
    """A reader that also looks at tables."""

    def glance(self, select: str) -> Sequence[Row]:
        """Run a query in a read-only transaction that is ended after a second.

        Raises StatementFailed.
        """
        ...


def machine(reader: Reader) -> Machine:
    """Return what the server's settings let a build have."""
    return Machine(**reader.rows(query("machine"))[0])


def reference(surveyor: Surveyor) -> float:
    """Return the seconds that the server takes for a fixed amount of work, the best of three."""
    return min(_timed(surveyor, _REFERENCE)[0] for _ in range(3))


def survey(surveyor: Surveyor, index: Index, reference_seconds: float | None) -> Ground:
    """Find out what is known of the rows and columns of an index, and how fast they are read and
    sorted.
    """
    return _Survey(surveyor, index, reference_seconds).ground()


@dataclass(frozen=True, slots=True)
class _Sample:
    """A sample of the rows in an index: its size, the columns' widths, how many keys differ."""

    rows: int
    parts: tuple[Part, ...]
    different: int
    single: int
    matching: float


class _Survey:
    def __init__(self, surveyor: Surveyor, index: Index, reference_seconds: float | None) -> None:
        self._surveyor, self._index, self._reference = surveyor, index, reference_seconds
        self._notes: list[str] = []

    def ground(self) -> Ground:
        heap = self._heap()
        heap_bytes = heap["bytes"]
        if not heap["readable"]:
            return self._unreadable(heap_bytes)
        try:
            return self._readable(heap_bytes, heap["row_estimate"])
        except StatementFailed as failed:
            self._notes.append(f"not estimated: {failed.what}")
            return Ground(self._index.method, heap_bytes, notes=tuple(self._notes))

    def _heap(self) -> Row:
        return self._surveyor.rows(query("heap"), {"table": str(self._index.table)})[0]

    def _unreadable(self, heap_bytes: int) -> Ground:
        why = f"not estimated: this role may not read {self._index.table}; grant it SELECT"
        return Ground(self._index.method, heap_bytes, notes=(why,))

    def _readable(self, heap_bytes: int, row_estimate: float) -> Ground:
        index, columns = self._index, self._columns()
        if index.method != "btree":
            return Ground(index.method, heap_bytes)
        known = self._parts(columns)
        analysed = row_estimate >= 0 and known is not None
        table_rows = self._planned_rows("")
        if not analysed:
            self._notes.append("never analysed, or its statistics may not be read: from a sample")
        shares = _shares_tuples(index, columns)
        groups = _groups(index, columns, table_rows) if analysed and shares else None
        needs = not analysed or (shares and groups is None)
        sample = self._sample(heap_bytes) if needs else None
        rows = self._rows(table_rows, sample)
        if sample is not None and not sample.rows:
            sample = None
        parts = known or (sample.parts if sample else ())
        if shares and groups is None and sample:
            groups = distinct_in(rows, sample.rows, sample.different, sample.single)
        pace = self._pace(heap_bytes)
        if not parts:
            self._notes.append("not estimated: a sample of the table has no row of the index")
        return Ground(
            index.method,
            heap_bytes,
            rows,
            parts,
            groups,
            int(dict(index.options).get("fillfactor", _FILLFACTOR)),
            pace,
            tuple(self._notes),
        )

    def _columns(self) -> dict[str, Row]:
        rows = self._surveyor.rows(query("key_types"), {"table": str(self._index.table)})
        return {row["name"]: row for row in rows}

    def _parts(self, columns: Mapping[str, Row]) -> tuple[Part, ...] | None:
        """Return the index's columns from statistics; None where one has none."""
        names = [key.column for key in self._index.keys] + list(self._index.include)
        found = [columns.get(name) if name is not None else None for name in names]
        if any(c is None or c["width"] is None for c in found):
            return None
        return tuple(_part(c) for c in found if c is not None)

    def _planned_rows(self, where: str) -> float:
        """Return the planner's estimate of the rows of the table as large as it is now."""
        select = f"SELECT FROM ONLY {self._index.table}{where}"
        (row,) = self._surveyor.glance(f"EXPLAIN (FORMAT JSON) {select}")
        return float(row["QUERY PLAN"][0]["Plan"]["Plan Rows"])

    def _rows(self, table_rows: float, sample: _Sample | None) -> float:
        if not self._index.where:
            return table_rows
        if sample is not None:
            return table_rows * sample.matching
        return min(table_rows, self._planned_rows(self._where()))

    def _where(self) -> str:
        return f" WHERE ({self._index.where})" if self._index.where else ""

    def _sample(self, heap_bytes: int) -> _Sample | None:
        pages = max(1, heap_bytes // PAGE)
        percent = min(100.0, 100.0 * _SAMPLED_PAGES / pages)
        taken = f"{self._index.table} TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1)"
        (seen,) = self._surveyor.glance(
            f"SELECT count(*) AS all_rows, count(*) FILTER (WHERE {self._index.where or 'true'})"
            f" AS rows FROM ONLY {taken}"
        )
        share = min(1.0, _SAMPLED_ROWS / max(1, seen["rows"]))
        (row,) = self._surveyor.glance(self._measuring(taken, share))
        parts = tuple(
            _sampled_part(row, number) for number in range(len(self._texts()))
        )
        return _Sample(
            row["rows"],
            parts if row["rows"] else (),
            row["different"],
            row["single"],
            seen["rows"] / seen["all_rows"] if seen["all_rows"] else 0.0,
        )

    def _texts(self) -> list[str]:
        return [f"({key.text})" for key in self._index.keys] + [
            quote(name) for name in self._index.include
        ]

    def _measuring(self, taken: str, share: float) -> str:
        texts, keys = self._texts(), len(self._index.keys)
        names = [f"{_KEY}_{number}" for number in range(len(texts))]
        listed = ", ".join(f"{text} AS {name}" for text, name in zip(texts, names, strict=True))
        measured = ", ".join(
            f"avg(pg_column_size({n}))::float8 AS width_{i},"
            f" min(pg_column_size({n})) IS DISTINCT FROM max(pg_column_size({n})) AS varies_{i},"
            f" (count(*) FILTER (WHERE {n} IS NULL))::float8 / greatest(count(*), 1) AS nulls_{i},"
            f" (SELECT t.typalign::text FROM pg_type AS t"
            f" WHERE t.oid = (min(pg_typeof({n})::oid::int8))::oid) AS alignment_{i}"
            for i, n in enumerate(names)
        )
        where = f" WHERE ({self._index.where or 'true'}) AND random() < {share}"
        grouped = ", ".join(names[:keys])
        return (
            f"WITH sampled AS MATERIALIZED (SELECT {listed} FROM ONLY {taken}{where}),"
            f" groups AS (SELECT count(*) AS n FROM sampled GROUP BY {grouped})"
            f" SELECT count(*) AS rows, {measured},"
            f" (SELECT count(*) FROM groups) AS different,"
            f" (SELECT count(*) FROM groups WHERE n = 1) AS single FROM sampled"
        )

    def _pace(self, heap_bytes: int) -> Pace | None:
        """Read a few parts of the table, and sort them: how long is a build's own work?"""
        pages = heap_bytes // PAGE
        if not pages or self._reference is None:
            return None
        ranges = _ranges(pages)
        select = " UNION ALL ".join(self._keys_in(first, end) for first, end in ranges)
        order = ", ".join(str(n + 1) for n in range(len(self._index.keys) + 1))
        try:
            read, rows = _timed(self._surveyor, select)
            warm = min(read, _timed(self._surveyor, select)[0])
            sort = _timed(self._surveyor, f"{select} ORDER BY {order}")[0] - warm
        except StatementFailed as failed:
            self._notes.append(f"the time is not estimated: {failed.what}")
            return None
        looked_at = sum(end - first for first, end in ranges) * PAGE
        return Pace(looked_at, rows, read, max(0.0, sort), self._reference)

    def _keys_in(self, first: int, end: int) -> str:
        """Return the select of keys and row address between two pages; a build breaks ties by the
        latter.
        """
        keys = ", ".join(f"({key.text})" for key in self._index.keys)
        where = f"ctid >= '({first},0)' AND ctid < '({end},0)'"
        where += f" AND ({self._index.where})" if self._index.where else ""
        return f"SELECT {keys}, ctid FROM ONLY {self._index.table} WHERE {where}"


def _timed(surveyor: Surveyor, select: str) -> tuple[float, float]:
    """Return the seconds that a select took, and how many rows it had."""
    (row,) = surveyor.glance(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {select}")
    told: dict[str, Any] = row["QUERY PLAN"][0]
    return told["Execution Time"] / 1000, float(told["Plan"]["Actual Rows"])


def _ranges(pages: int) -> list[tuple[int, int]]:
    """Return a few ranges of pages, spread over the table; all of a small table."""
    if pages <= _PACED_PAGES:
        return [(0, pages)]
    each, step = _PACED_PAGES // _RANGES, pages // _RANGES
    starts = [n * step + (step - each) // 2 for n in range(_RANGES)]
    return [(first, first + each) for first in starts]


def _part(column: Row) -> Part:
    varies = column["length"] < 0
    width = column["width"] if varies else column["length"]
    # A short value has a header of one byte and no alignment (PostgreSQL 18, Database Page Layout).
    alignment = 1 if varies and width < 127 else column["alignment"]
    return Part(width, alignment, column["null_fraction"], varies)


_ALIGNMENTS = {"c": 1, "s": 2, "i": 4, "d": 8}


def _sampled_part(row: Row, number: int) -> Part:
    width, varies = row[f"width_{number}"] or 0.0, row[f"varies_{number}"]
    alignment = _ALIGNMENTS.get(row[f"alignment_{number}"] or "c", 8)
    return Part(width, 1 if varies and width < 127 else alignment, row[f"nulls_{number}"], varies)


def _shares_tuples(index: Index, columns: Mapping[str, Row]) -> bool:
    """Tell whether equal keys share a tuple (PostgreSQL 18, B-Tree Indexes, Deduplication)."""
    off = dict(index.options).get("deduplicate_items", "on").lower() in ("off", "false", "no", "0")
    if index.unique or index.include or off:
        return False
    named = [columns.get(key.column) for key in index.keys if key.column is not None]
    return all(column is not None and column["equal_images"] for column in named)


def _groups(index: Index, columns: Mapping[str, Row], table_rows: float) -> float | None:
    """Return how many different keys statistics know of; None where they do not.

    They know of one column, and of several when one of these alone hardly repeats.
    """
    if index.where or any(key.column is None for key in index.keys):
        return None
    counts = [_different(columns[key.column], table_rows) for key in index.keys if key.column]
    return max(counts) if len(counts) == 1 or max(counts) > _HARDLY_REPEATS * table_rows else None


_HARDLY_REPEATS = 0.95


def _different(column: Row, table_rows: float) -> float:
    """Return the number of a column's different values, NULL among them; a negative n_distinct is a
    share of the rows (PostgreSQL 18, pg_stats).
    """
    counted = column["distinct_values"]
    known = -counted * table_rows if counted < 0 else counted
    return float(known) + (1 if column["null_fraction"] > 0 else 0)
