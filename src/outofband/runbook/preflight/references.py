"""Will moving duplicates read whole tables, to see that nothing refers to a row? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outofband.model.names import QualifiedName, quote
from outofband.runbook.amount import size
from outofband.runbook.duplicates.references import Reference
from outofband.runbook.preflight.finding import Finding
from outofband_lint.spelling import create_index
from outofband_lint.statement import CreateIndex, IndexKey

READ_IN_NO_TIME_BYTES = 8 << 20
"""A heap that is read in milliseconds: up to this size nobody needs an index for it."""


def judge_references(table: QualifiedName, pointing: Iterable[Reference]) -> Iterator[Finding]:
    """Name the foreign keys that point at a table without an index on their columns, each with the
    index to build.
    """
    told = set()
    for key in pointing:
        of = key.table, frozenset(key.columns)
        if key.unindexed_bytes > READ_IN_NO_TIME_BYTES and of not in told:
            told.add(of)
            yield Finding(
                f"no index of {key.table} begins with ({_columns(key)}), which refers to {table}: "
                f"--dedupe reads {size(key.unindexed_bytes)} of it for each batch of rows that it "
                "moves, and again for each row",
                _build_first(key),
            )


def _build_first(key: Reference) -> str:
    """Return what makes the index. Over partitions no statement of its own does, concurrently."""
    index = CreateIndex(None, key.table, tuple(map(IndexKey, key.columns)))
    declare = f"Build it first: declare {create_index('create_index_out_of_band', index)}"
    if key.partitioned:
        return f"{declare} and run outofband apply --to head"
    by_hand = f"CREATE INDEX CONCURRENTLY ON {key.table} ({_columns(key)});"
    return f"{declare} and run outofband apply --to head, or run {by_hand}"


def _columns(key: Reference) -> str:
    return ", ".join(map(quote, key.columns))
