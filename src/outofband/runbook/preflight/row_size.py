"""Is a key too large for a btree?

An entry may have 2704 bytes: a third of a page (PostgreSQL 18, B-Tree Indexes; measured: 2690 bytes
of text that does not compress pass, 2700 fail). Stored sizes tell which rows may have more, and
which cannot; of those that may, ``fits`` asks the server. Where that is not possible, the stored
size decides of one column: what lies out of line goes into the index as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.model.index import Index
from outofband.runbook.preflight.finding import Finding

MOST_BYTES = 2704
_HEADER, _LENGTH, _PADDING = 8, 4, 7


@dataclass(frozen=True, slots=True)
class Width:
    """The bound of a column's size in bytes, None without one; ``stays_inline`` when wide values
    are kept in the row.
    """

    most_bytes: int | None
    stays_inline: bool


@dataclass(frozen=True, slots=True)
class Widths:
    """The columns of a table, how much of it lies out of line, and its pages."""

    columns: Mapping[str, Width]
    toast_bytes: int
    pages: int

    def may_exceed(self, index: Index) -> bool:
        """Tell whether a key of plain columns might be too large at all.

        Not when the columns' bounds forbid it, nor when nothing lies out of line: a row over 2 kB
        has its wide values moved there (PostgreSQL 18, TOAST).
        """
        if index.method != "btree":
            return False
        used = [self.columns[c] for c in index.columns if c in self.columns]
        bounds = [width.most_bytes for width in used]
        if all(b is not None for b in bounds) and sum(b or 0 for b in bounds) <= self.limit(index):
            return False
        return self.toast_bytes > 0 or any(width.stays_inline for width in used)

    def are_exact(self, index: Index) -> bool:
        """Tell whether stored sizes are those in the index: of one column, that is stored as it
        will be.
        """
        (key, *others) = index.keys
        if others or index.include or key.column is None:
            return False
        width = self.columns.get(key.column)
        return width is not None and not width.stays_inline

    def limit(self, index: Index) -> int:
        """Return the sum of stored sizes over which an entry may be too large."""
        if index.method != "btree":
            return 1 << 62
        number = len(index.keys) + len(index.include)
        padding = _PADDING * (number - 1)
        return MOST_BYTES - _HEADER - _LENGTH * number - padding


@dataclass(frozen=True, slots=True)
class LargeKeys:
    """Rows whose keys are over the limit: how many, the largest, where the first one is.

    ``exact`` tells that the build will fail on them; else compression may make them fit. With
    ``more`` there were too many to look at each.
    """

    rows: int
    most_bytes: int
    place: str
    exact: bool
    more: bool = False


def read_widths(reader: Reader, table: int) -> Widths:
    """Read how wide the columns of a table may be."""
    rows = reader.rows(query("key_widths"), {"table": table})
    columns = {row["name"]: Width(row["most_bytes"], row["stays_inline"]) for row in rows}
    first = rows[0] if rows else {"toast_bytes": 0, "pages": 0}
    return Widths(columns, first["toast_bytes"], first["pages"])


def judge_large_keys(index: Index, large: LargeKeys, samples: Sequence[str]) -> Iterator[Finding]:
    """Refuse keys that are too large for certain, warn of those that may be; with the alternatives
    that work (measured on 15).
    """
    if not large.rows:
        return
    verb = "have" if large.exact else "may have"
    rows = "1 row" if large.rows == 1 else f"{large.rows:,} rows"
    rows = f"at least {rows}" if large.more else rows
    yield Finding(
        f"{rows} of {index.table} {verb} keys over the {MOST_BYTES:,} bytes that an entry of a "
        f"btree may have (54000): up to {large.most_bytes:,}, the first at ctid {large.place}",
        _alternatives(index),
        stops=large.exact,
        rows=tuple(samples),
    )


def _alternatives(index: Index) -> str:
    text = next((k.text for k in index.keys if k.column is None), index.keys[0].text)
    choices = [f"over md5({text})"]
    if not index.unique:
        choices.append(f"over left({text}, 500)")
    if not index.unique and len(index.keys) == 1:
        choices.append("with postgresql_using='hash'")
    return (
        f"Declare it {', '.join(choices)}, or only WHERE octet_length({text}) < 2600. A CHECK of "
        "that, NOT VALID at first, keeps further ones out, whose INSERTs would fail later on"
    )
