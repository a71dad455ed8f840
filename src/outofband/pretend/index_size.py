"""How large an index would be that production does not have, from its definition. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from outofband.pretend.there import ServerIndex
from outofband.runbook.btree import Part, index_bytes, tuple_bytes
from outofband.stats.value import PAGE, Column

_UNKNOWN_WIDTH = 32
"""What the planner takes for a value of varying width it knows nothing of (get_typavgwidth)."""


def pages(index: ServerIndex, rows: float, columns: Iterable[Column]) -> int:
    """Return the pages of an index of so many rows, as a fresh btree; for lack of better also of
    another method.
    """
    known = {column.name: column for column in columns}
    parts = [
        _part(known.get(name or ""), width, alignment)
        for name, width, alignment in zip(
            index.keys.columns, index.keys.widths, index.keys.alignments, strict=True
        )
    ]
    groups = None if index.unique else _groups(index, rows, known)
    return ceil(index_bytes(max(rows, 0), tuple_bytes(parts), groups=groups) / PAGE)


def _part(column: Column | None, width: int, alignment: int) -> Part:
    nulls = column.null_frac if column else 0.0
    if width > 0:
        return Part(width, alignment, nulls)
    # A value of up to 126 bytes is stored with a header of one byte, unaligned.
    return Part(column.avg_width if column else _UNKNOWN_WIDTH, 1, nulls, varies=True)


def _groups(index: ServerIndex, rows: float, known: dict[str, Column]) -> float | None:
    """Return how many different keys there are at most; None where that is not known."""
    different = 1.0
    for name in index.keys.columns:
        column = known.get(name or "")
        if column is None or not column.n_distinct:
            return None
        different *= column.n_distinct if column.n_distinct > 0 else -column.n_distinct * rows
    return min(different, rows)
