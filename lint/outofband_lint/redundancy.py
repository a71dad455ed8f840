"""Which index makes another one of its table redundant.

Source: PostgreSQL 18, chapter 11.3 (multicolumn indexes).
"""

from __future__ import annotations

from outofband_lint.schema import Index, Table


def covering(index: Index, number: int, table: Table) -> Index | None:
    """Return an index that makes another one of its table redundant."""
    if index.constraint is not None or index.parent is not None or index.method != "btree":
        return None
    for position, other in enumerate(table.indexes):
        if position == number or not _covers(other, index):
            continue
        if _covers(index, other) and other.constraint is None and position > number:
            continue  # of two that are equal the later one is named
        return other
    return None


def _covers(other: Index, index: Index) -> bool:
    same = (
        other.method == index.method
        and other.where == index.where
        and (other.valid or other.out_of_band)
        and other.keys[: len(index.keys)] == index.keys
        and set(index.include) <= {*other.include, *(key.column for key in other.keys)}
    )
    if not index.unique:
        return same
    return (
        same
        and other.unique
        and len(other.keys) == len(index.keys)
        and other.nulls_not_distinct == index.nulls_not_distinct
    )
