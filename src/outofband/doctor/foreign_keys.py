"""Which foreign keys of large tables have no index? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outofband.doctor.constraints import Stored
from outofband.doctor.finding import Finding, Severity, reading
from outofband.doctor.words import count
from outofband.model.names import QualifiedName
from outofband.runbook.amount import size
from outofband_lint.schema import Schema
from outofband_lint.serving import leads_reference, usable_indexes
from outofband_lint.spelling import create_index
from outofband_lint.statement import CreateIndex, IndexKey

_HARMFUL = 10


def judge(
    stored: Iterable[Stored],
    schema: Schema,
    heap_bytes: dict[QualifiedName, int],
    since: str | None,
) -> Iterator[Finding]:
    """Name the foreign keys whose rows are found by reading a whole table: an error where rows of
    the other side were deleted. ``heap_bytes`` are those of the large tables.
    """
    for each in stored:
        key, table = each.constraint, schema.tables.get(each.table)
        if key.kind != "foreign_key" or table is None or each.table not in heap_bytes:
            continue
        if not any(leads_reference(index, key.columns) for index in usable_indexes(table)):
            yield _finding(each, heap_bytes[each.table], since)


def _finding(found: Stored, heap_bytes: int, since: str | None) -> Finding:
    key, table = found.constraint, found.table
    columns = ", ".join(key.columns)
    severity: Severity = "error" if found.deleted >= _HARMFUL else "warning"
    index = CreateIndex(None, table, tuple(map(IndexKey, key.columns)))
    counted = f"since {since}" if since else "since counting began"
    return Finding(
        "foreign-key-without-index",
        severity,
        f"{table} has no index that begins with ({columns}), which refers to {key.references}",
        (
            f"constraint {key.name}; {count(found.deleted, 'row')} deleted from {key.references} "
            f"{counted}",
        ),
        f"each DELETE from {key.references}, and each UPDATE of its key, reads all of {table}, "
        f"{size(heap_bytes)}",
        f"Declare {create_index('create_index_out_of_band', index)} in a revision, then run "
        "outofband apply --to head",
        str(table),
        reading(found.deleted * heap_bytes),
    )
