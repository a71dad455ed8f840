"""Foreign keys that point at a table: rows of it that others refer to are never moved.

A cascade would take along what belongs to the row that stays, and a key without one would stop the
batch. So whether anything refers to a row is asked once before the first is moved, and again in
each batch, of rows that are locked by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import Reader, Row, query
from outofband.model.index import Index
from outofband.model.names import QualifiedName, quote
from outofband.runbook.duplicates import rows
from outofband.runbook.duplicates.find import searching
from outofband.runbook.duplicates.policy import KeepNewest, Policy
from outofband.runbook.hand import Hand
from outofband.runbook.stuck import Stuck

_ON_DELETE = {
    "c": "ON DELETE CASCADE would delete them",
    "n": "ON DELETE SET NULL would empty their reference",
    "d": "ON DELETE SET DEFAULT would change their reference",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One foreign key: the columns of ``table`` refer to ``referenced``, in the same order.

    ``on_delete`` is pg_constraint's letter. ``unindexed_bytes`` are those of the heap that is read
    to find the rows that refer to one; ``hidden`` tells why some of them cannot be seen.
    """

    name: str
    table: QualifiedName
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    on_delete: str
    to_itself: bool
    partitioned: bool = False
    unindexed_bytes: int = 0
    hidden: str = ""

    def refers_to(self, table: str) -> str:
        """The condition that some other row refers to a row of ``table``."""
        pairs = zip(self.columns, self.referenced, strict=True)
        same = [f"outofband_child.{quote(c)} = {table}.{quote(r)}" for c, r in pairs]
        if self.to_itself:
            same.append(f"outofband_child.ctid <> {table}.ctid")
        return f"EXISTS (SELECT FROM {self.table} AS outofband_child WHERE {' AND '.join(same)})"

    def __str__(self) -> str:
        does = f", {_ON_DELETE[self.on_delete]}" if self.on_delete in _ON_DELETE else ""
        return f"{self.table} by foreign key {quote(self.name)}{does}"


def read_references(reader: Reader, tables: Sequence[int]) -> tuple[Reference, ...]:
    """Return the foreign keys that point at any of some tables, given by their oids."""
    rows = reader.rows(query("referencing"), {"tables": list(tables)})
    return tuple(
        Reference(
            row["name"],
            QualifiedName(row["table_name"], row["schema"]),
            tuple(row["columns"]),
            tuple(row["referenced"]),
            row["on_delete"],
            row["to_itself"],
            row["partitioned"],
            row["unindexed_bytes"],
            _hidden(row),
        )
        for row in rows
    )


def _hidden(row: Row) -> str:
    if row["hides_rows"]:
        return "row-level security hides rows"
    return "" if row["readable"] else "the role may not read"


def references(hand: Hand, table: TableFacts) -> tuple[Reference, ...]:
    """Return the foreign keys that point at a table. Raises Stuck where it cannot be seen who
    refers to a row.
    """
    found = read_references(hand, (table.oid,))
    for each in found:
        if each.hidden:
            raise Stuck(
                f"foreign key {quote(each.name)} of {each.table} points at {table.name}, and "
                f"{each.hidden}",
                f"Run this as a role that sees every row of {each.table}",
            )
    return found


def require_unreferenced(
    hand: Hand, index: Index, policy: Policy, pointing: tuple[Reference, ...]
) -> None:
    """Raise Stuck when rows that would be moved are referred to."""
    if not pointing:
        return
    table = str(index.table)
    counts = ", ".join(
        f"count(*) FILTER (WHERE {reference.refers_to(table)}) AS n_{n}"
        for n, reference in enumerate(pointing)
    )
    with searching(hand, index) as by_index:
        row = hand.rows(
            f"SELECT {counts} FROM ({rows.pairs(index, policy, by_index=by_index)}) AS"
            f" outofband_pair JOIN ONLY {table} ON {table}.ctid = outofband_pair.extra"
        )[0]
    told = [f"{row[f'n_{n}']:,} from {r}" for n, r in enumerate(pointing) if row[f"n_{n}"]]
    if told:
        raise Stuck(
            f"rows of {table} that would be moved are referred to: {'; '.join(told)}",
            _what_to_do(policy, pointing),
        )


def _what_to_do(policy: Policy, pointing: tuple[Reference, ...]) -> str:
    tables = ", ".join(dict.fromkeys(str(r.table) for r in pointing))
    if isinstance(policy, KeepNewest):
        return f"Point the rows of {tables} at the row that stays, then run this again"
    return (
        f"Drop the foreign key of {tables}, run this again, then add it NOT VALID and validate it: "
        "a key that identical rows have in common refers to both, and its index should forbid them"
    )
