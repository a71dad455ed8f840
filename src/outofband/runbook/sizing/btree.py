"""How large a btree becomes: the arithmetic of its pages and tuples. Pure.

Sizes are in bytes, those of a row are means. Source: PostgreSQL 18, B-Tree Indexes and Database
Page Layout, and nbtsort.c; ``bench/build.py`` holds it against real indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

PAGE = 8192
_PAYLOAD = PAGE - 24 - 16  # less the page header and what a btree keeps at the page's end
_LINE_POINTER = 4
_HEADER, _HEADER_WITH_NULLS = 8, 16
_TUPLE_ALIGNMENT = 8
_TID = 6
_MOST_POSTING = PAGE // 10 - 8  # a posting list is ended at a tenth of a page
_INNER_FILL = 0.7


@dataclass(frozen=True, slots=True)
class Part:
    """One column of an index: the mean ``width`` of its values that are not NULL, as stored.

    ``varies`` where widths differ from row to row, so that padding is a mean too.
    """

    width: float
    alignment: int = 1
    null_fraction: float = 0.0
    varies: bool = False


def tuple_bytes(parts: Sequence[Part]) -> float:
    """Return the mean size of an index tuple, padded, without its line pointer."""
    size, filled, varies = 0.0, 1.0, False
    for part in parts:
        here = 1 - part.null_fraction
        size = _padded(size, part.alignment, varies) if part.null_fraction < 1 else size
        size += here * part.width
        filled *= here
        varies = varies or part.varies or 0 < part.null_fraction < 1
    header = filled * _HEADER + (1 - filled) * _HEADER_WITH_NULLS
    return _padded(header + size, _TUPLE_ALIGNMENT, varies)


def shared_tuple_bytes(parts: Sequence[Part]) -> float:
    """Return the same of the tuples that equal keys share: all NULLs of a column share one."""
    if len(parts) == 1 and parts[0].null_fraction < 1:
        return tuple_bytes([replace(parts[0], null_fraction=0)])
    return tuple_bytes(parts)


def _padded(size: float, alignment: int, varies: bool) -> float:
    if varies:
        return size + (alignment - 1) / 2
    return float(-(-round(size) // alignment) * alignment)


def index_bytes(rows: float, size: float, *, groups: float | None, fillfactor: int = 90) -> float:
    """Return the size of a btree of ``rows`` tuples of ``size`` bytes.

    ``groups`` is how many different keys there are where equal ones share a tuple (a posting list
    of row addresses), None where they do not.
    """
    leaves = _leaf_bytes(rows, size, groups) / (_PAYLOAD - PAGE * (100 - fillfactor) / 100)
    pages = leaves
    fan_out = max(2.0, (_PAYLOAD - PAGE * (1 - _INNER_FILL)) / (size + _LINE_POINTER))
    while pages > 1:
        pages /= fan_out
        leaves += max(1.0, pages)
    return PAGE * (1 + max(1.0, leaves))


def _leaf_bytes(rows: float, size: float, groups: float | None) -> float:
    plain = size + _LINE_POINTER
    if groups is None or groups >= rows:
        return rows * plain
    most = max(2.0, (_MOST_POSTING - size) / _TID)
    shared = min(groups, rows - groups)  # the keys that occur more than once, at most
    lists = groups + (rows - groups) / most
    padding = (_TUPLE_ALIGNMENT - 1) / 2
    return lists * plain + (rows - groups + shared) * _TID + shared * padding
