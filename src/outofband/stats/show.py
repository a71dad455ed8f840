"""A stats file as a table by size, and what in it is stale. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from outofband.stats.value import Relation, Stats
from outofband_lint.stats import shown_size

HEADINGS = ("TABLE", "SIZE", "HEAP", "TOAST", "INDEXES", "ROWS", "SEQ SCANS", "INDEX SCANS", "NOTE")
STALE_MONTHS = 3
_EVER_GROWING = ("", "k", "M", "G")


def by_size(stats: Stats) -> list[Relation]:
    """Return the relations, largest first, indexes counted."""
    return sorted(
        stats.relations, key=lambda r: (-r.bytes - index_bytes(stats, r), str(r.qualified))
    )


def index_bytes(stats: Stats, relation: Relation) -> int:
    """Return the bytes of all its indexes."""
    return sum(index.bytes for index in stats.indexes_of.get(relation.qualified, ()))


def cells(stats: Stats, relation: Relation, today: date) -> tuple[str, ...]:
    """Return a line of the table, below HEADINGS."""
    indexes = index_bytes(stats, relation)
    heap = relation.heap_bytes if relation.heap_bytes is not None else relation.bytes
    return (
        str(relation.qualified),
        shown_size(relation.bytes + indexes),
        shown_size(heap),
        shown_size(relation.toast_bytes),
        shown_size(indexes),
        "?" if relation.tuples < 0 else _count(relation.tuples),
        _count(relation.seq_scan),
        _count(relation.idx_scan),
        "; ".join(notes(stats, relation, today)),
    )


def notes(stats: Stats, relation: Relation, today: date) -> Iterator[str]:
    """Say what of a relation should not be relied on, and which indexes are not valid."""
    if relation.partitioned:
        yield "partitioned, the sum of its leaves"
    if relation.partition_of:
        yield f"part of {relation.partition_of}"
    stale = staleness(relation, today)
    if stale:
        yield stale
    for index in stats.indexes_of.get(relation.qualified, ()):
        if not index.valid:
            yield f"index {index.name} is INVALID"


def staleness(relation: Relation, today: date) -> str | None:
    """Say that it was never analysed, or not for months; None where it was, or nobody knows."""
    if relation.tuples < 0:
        return "never analysed"
    if relation.analyzed is None:
        return "nobody has analysed it as a whole" if relation.partitioned else None
    year, month = map(int, relation.analyzed.split("-"))
    months = (today.year - year) * 12 + today.month - month
    if months < STALE_MONTHS:
        return None
    return f"analysed {months} months ago"


def document(stats: Stats, today: date) -> dict[str, Any]:
    """Return the same for a program: bytes, rows and counts as numbers."""
    return {
        "server_version": stats.server_version,
        "pulled": stats.pulled,
        "counted_since": stats.counted_since,
        "holds_values": stats.holds_values,
        "queries": len(stats.queries),
        "relations": [
            {
                "schema": relation.schema,
                "name": relation.name,
                "kind": relation.kind,
                "bytes": relation.bytes,
                "heap_bytes": relation.heap_bytes,
                "toast_bytes": relation.toast_bytes,
                "index_bytes": index_bytes(stats, relation),
                "rows": None if relation.tuples < 0 else relation.tuples,
                "seq_scan": relation.seq_scan,
                "idx_scan": relation.idx_scan,
                "partition_of": relation.partition_of,
                "stale": staleness(relation, today),
            }
            for relation in by_size(stats)
        ],
        "missing": [{"what": m.what, "of": m.of, "why": m.why} for m in stats.missing],
    }


def summary(stats: Stats, today: date) -> str:
    """Count what there is in a sentence: how much, of which server, from when."""
    leaves = [relation for relation in stats.relations if not relation.partitioned]
    total = sum(relation.bytes + index_bytes(stats, relation) for relation in leaves)
    server = (
        "" if stats.server_version is None else f", PostgreSQL {_version(stats.server_version)}"
    )
    age = "" if stats.pulled is None else f", pulled {stats.pulled}{_ago(stats.pulled, today)}"
    return f"{len(stats.relations)} relations, {shown_size(total)}{server}{age}"


def _ago(day: str, today: date) -> str:
    days = (today - date.fromisoformat(day)).days
    return f" ({days} days ago)" if days > 1 else ""


def _version(number: int) -> str:
    return f"{number // 10_000}.{number % 10_000}"


def _count(number: float) -> str:
    for unit in _EVER_GROWING:
        if abs(number) < 10_000:
            return f"{number:,.0f}{unit}"
        number /= 1000
    return f"{number:,.0f}T"
