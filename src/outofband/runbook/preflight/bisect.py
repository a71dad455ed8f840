"""Find the first row that something fails on, in at most as many reads as two whole ones."""

from __future__ import annotations

from collections.abc import Callable

_OFFSET_BITS = 12  # an 8 kB page has at most 291 rows, one of 32 kB 1169


def first_failing(fails: Callable[[str], bool], pages: int) -> str:
    """Return the place (ctid) of the first row for which a condition ``fails``; empty where none
    does, as when the row is gone by now.

    ``fails`` is given SQL that chooses a range of rows, and tells whether one of them fails.
    """
    low, high = 0, pages << _OFFSET_BITS
    if not fails(_between(low, high)):
        return ""
    while high - low > 1:
        middle = (low + high) // 2
        # On a page boundary while there are several pages: the ranges are halves of the table.
        if high - low > 1 << _OFFSET_BITS:
            middle &= -1 << _OFFSET_BITS
        low, high = (low, middle) if fails(_between(low, middle)) else (middle, high)
    return _place(low)


def _between(low: int, high: int) -> str:
    return f"ctid >= '{_place(low)}' AND ctid < '{_place(high)}'"


def _place(number: int) -> str:
    return f"({number >> _OFFSET_BITS},{number & ((1 << _OFFSET_BITS) - 1)})"
