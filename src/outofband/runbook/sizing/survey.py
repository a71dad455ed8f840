"""Find out what an estimate needs: from the catalog, from statistics, and from a bounded look at
the table itself. Reads only.

Each look is one statement that the server ends after a second, so that whoever waits for the table
waits no longer. What a role may not read, or what takes too long, becomes a note.
"""

from __future__ import annotations

from collections.abc import Mapping

from outofband.catalog.reader import Reader, Row, query
from outofband.model.index import Index
from outofband.runbook.glance import Surveyor, glance
from outofband.runbook.hand import StatementFailed
from outofband.runbook.sizing.btree import Part
from outofband.runbook.sizing.distinct import distinct_in
from outofband.runbook.sizing.estimate import Ground
from outofband.runbook.sizing.pace import LOOKS, Pace, pace
from outofband.runbook.sizing.sampling import Sample, aligned, sample
from outofband.runbook.sizing.speed import Speed
from outofband.runbook.sizing.tuning import Machine

_FILLFACTOR = 90
_HARDLY_REPEATS = 0.95
_OFF = frozenset({"off", "false", "no", "0"})


def machine(reader: Reader) -> Machine:
    """Return what the server's settings let a build have."""
    return Machine(**reader.rows(query("machine"))[0])


def survey(surveyor: Surveyor, index: Index, speed: Speed | None, looks: int = LOOKS) -> Ground:
    """Find out what is known of the rows and columns of an index, and how fast they are read and
    sorted: by so many ``looks`` at the table, where the server's ``speed`` is known.
    """
    return _Survey(surveyor, index, speed, looks).ground()


class _Survey:
    def __init__(self, surveyor: Surveyor, index: Index, speed: Speed | None, looks: int) -> None:
        self._surveyor, self._index = surveyor, index
        self._speed, self._looks = speed, looks
        self._notes: list[str] = []

    def ground(self) -> Ground:
        index, table = self._index, {"table": str(self._index.table)}
        try:
            found = self._surveyor.rows(query("heap"), table)
        except StatementFailed as failed:  # USAGE on the schema of a partition
            return Ground(index.method, 0, notes=(f"not estimated: {failed.what}",))
        if not found:
            return Ground(index.method, 0, notes=(f"not estimated: {index.table} is gone",))
        heap_bytes, heap = found[0]["bytes"], found[0]
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
            self._pace(heap_bytes, rows),
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

    def _pace(self, heap_bytes: int, rows: float | None) -> Pace | None:
        if self._speed is None or rows is None:
            return None
        try:
            return pace(self._surveyor, self._index, heap_bytes, rows, self._speed, self._looks)
        except StatementFailed as failed:
            self._notes.append(f"the time is not estimated: {failed.what}")
            return None


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
