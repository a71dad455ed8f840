"""How large an index would be that production does not have, from its definition. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, log2

from outofband.pretend.there import ServerIndex
from outofband.runbook.sizing.btree import Part, index_bytes, tuple_bytes
from outofband.stats.value import PAGE, Column

_UNKNOWN_WIDTH = 32
"""What the planner takes for a value of varying width it knows nothing of (get_typavgwidth)."""

_PAGES_PER_RANGE, _BRIN_ENTRY = 128, 24
_ROWS_OF_A_BUCKET = 0.75 * PAGE / 20


def pages(index: ServerIndex, rows: float, heap_pages: int, columns: Iterable[Column]) -> int:
    """Return the pages of a fresh index of so many rows of a heap.

    Of a method that is neither btree, hash nor brin, for lack of better, those of a btree.
    """
    if index.method == "brin":
        return _brin(index, heap_pages)
    if index.method == "hash":
        return _hash(rows)
    return _btree(index, rows, columns)


def _hash(rows: float) -> int:
    """A page a bucket, of which there is a power of two, filled to three quarters."""
    buckets = max(rows / _ROWS_OF_A_BUCKET, 2)
    return int(2 ** ceil(log2(buckets))) + 2


def _brin(index: ServerIndex, heap_pages: int) -> int:
    """Two values of each column for every range of pages, behind the page that says where."""
    values = sum(2 * (width if width > 0 else _UNKNOWN_WIDTH) for width in index.keys.widths)
    ranges = heap_pages / _PAGES_PER_RANGE
    return 2 + ceil(ranges * (_BRIN_ENTRY + values) / PAGE)


def _btree(index: ServerIndex, rows: float, columns: Iterable[Column]) -> int:
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
