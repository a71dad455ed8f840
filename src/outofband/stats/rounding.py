"""As many digits as mean something, so that a file changes when production does. Pure.

ANALYZE looks at a sample, so that two in a row differ; counters only ever grow, and what matters of
them is the order of magnitude.
"""

from __future__ import annotations

from dataclasses import replace

from outofband.stats.value import PAGE, Column, Index, Query, Relation

_SIZE, _ESTIMATE, _COUNTER = 3, 2, 1


def significant(value: float, digits: int) -> float:
    """Round to that many significant digits."""
    return float(f"{value:.{digits}g}")


def relation(of: Relation) -> Relation:
    """Round sizes to three digits, counters to one."""
    return replace(
        of,
        pages=_whole(of.pages, _SIZE),
        tuples=significant(of.tuples, _SIZE),
        bytes=_of_pages(of.bytes),
        heap_bytes=None if of.heap_bytes is None else _of_pages(of.heap_bytes),
        toast_bytes=_of_pages(of.toast_bytes),
        all_visible=_whole(of.all_visible, _SIZE),
        seq_scan=_whole(of.seq_scan, _COUNTER),
        seq_tup_read=_whole(of.seq_tup_read, _COUNTER),
        idx_scan=_whole(of.idx_scan, _COUNTER),
    )


def index(of: Index) -> Index:
    """Round sizes to three digits, the counter to one."""
    return replace(
        of,
        pages=_whole(of.pages, _SIZE),
        tuples=significant(of.tuples, _SIZE),
        bytes=_of_pages(of.bytes),
        idx_scan=_whole(of.idx_scan, _COUNTER),
    )


def column(of: Column) -> Column:
    """Round shares to hundredths, three digits where they are smaller or negative as n_distinct
    can be.
    """
    return replace(
        of,
        n_distinct=significant(of.n_distinct, _SIZE),
        null_frac=_share(of.null_frac),
        correlation=None if of.correlation is None else round(of.correlation, 2),
    )


def query(of: Query) -> Query:
    """Round counts to one digit, milliseconds to two."""
    return replace(
        of,
        calls=_whole(of.calls, _COUNTER),
        mean_exec_time=significant(of.mean_exec_time, _ESTIMATE),
    )


def _share(value: float) -> float:
    return round(value, 2) if value >= 0.1 else significant(value, _ESTIMATE)


def _of_pages(size: int) -> int:
    """Round bytes to so many pages: a size on disk is always a number of them."""
    return PAGE * _whole(size / PAGE, _SIZE)


def _whole(value: float, digits: int) -> int:
    return int(significant(value, digits))
