"""The project's relations as a session sees them, from one statement to the next.

A revision may lock thousands of tables in one transaction: only what is new, or otherwise than at
the look before, is worked on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outofband.rehearse.relations import Relation, Rows, of_row, query, strongest
from outofband_lint.locks import LockMode

Row = Sequence[Any]
Changed = Mapping[int, tuple[Relation | None, Relation | None]]
"""What is otherwise than before, by oid: as it was and as it is, None where it was or is not."""

_MAKES = ("create", "comment", "alter")
_CHANGES_WHAT_IS_NEW = ("drop", "rename", "schema", "concurrently")


@dataclass(frozen=True, slots=True)
class Look:
    """What a statement has changed, and which locks are new or other, by oid.

    ``alone`` tells that no transaction is open behind it, so that its locks are gone.
    """

    alone: bool
    changed: Changed
    locks: Mapping[int, LockMode]


@dataclass(slots=True)
class Sight:
    """What is known of the relations: now, and as they were when the transaction began.

    Alembic's own table is left out, which is called ``version_table``.
    """

    version_table: str = ""
    now: dict[int, Relation] = field(default_factory=dict)
    before: dict[int, Relation] = field(default_factory=dict)
    _rows: dict[int, Row] = field(default_factory=dict)
    _modes: dict[int, str] = field(default_factory=dict)
    _own: set[int] = field(default_factory=set)
    _transaction: str = ""
    _last_before: int = 0
    _newest: int = 0

    def begin(self, rows: Rows) -> None:
        """Look at everything: a transaction begins."""
        self._all(rows)
        self.before = dict(self.now)
        self._last_before = max(self.before, default=0)
        self._newest = max(self._rows, default=0)
        self._modes.clear()
        _, self._transaction = session(rows)

    def is_open(self, transaction: str) -> bool:
        """Tell whether a session that is in this transaction has been since it began."""
        return transaction == self._transaction

    def after(self, rows: Rows, sql: str) -> Look:
        """Look at what a statement did."""
        found = rows(_locked(self._last_before, self._newest, sql))
        if not self.is_open(str(found[0][0])):
            return Look(True, self._all(rows), {})
        named = [row for row in found if row[1] is not None]
        gone = [row[1] for row in named if row[2] is None and row[1] in self._rows]
        there = [row[1:9] for row in named if row[2] is not None]
        self._newest = max([self._newest, *(row[0] for row in there)])
        return Look(False, self._changed(there, gone), self._other(named))

    def _all(self, rows: Rows) -> Changed:
        there = rows(query("relations"))
        return self._changed(there, self._rows.keys() - {row[0] for row in there})

    def _changed(self, there: Iterable[Row], gone: Iterable[int]) -> Changed:
        changed: dict[int, tuple[Relation | None, Relation | None]] = {}
        new = [row for row in there if self._rows.get(row[0]) != row]
        for row in sorted(new, key=_is_index):  # a table before its indexes
            self._rows[row[0]] = row
            self._note(changed, row)
        for oid in gone:
            self._rows.pop(oid)
            if oid in self.now:
                changed[oid] = self.now.pop(oid), None
        return changed

    def _note(self, changed: dict[int, tuple[Relation | None, Relation | None]], row: Row) -> None:
        oid, relation = row[0], of_row(row)
        if relation.name.name == self.version_table or relation.table in self._own:
            self._own.add(oid)
            return
        changed[oid] = self.now.get(oid), relation
        self.now[oid] = relation

    def _other(self, named: Iterable[Row]) -> dict[int, LockMode]:
        other = {row[1]: row[9] for row in named if self._modes.get(row[1]) != row[9]}
        self._modes.update(other)
        return {oid: strongest(modes) for oid, modes in other.items()}


def session(rows: Rows) -> tuple[int, str]:
    """Return a session's process, and the name of the transaction that it is in."""
    ((pid, name),) = rows(query("transaction"))
    return pid, name


def _locked(first: int, newest: int, sql: str) -> str:
    """Return the query for what is locked; what the transaction has made already is not asked for
    where the statement cannot have changed it. Oids are given in order.
    """
    words = sql.lower()
    makes = words.lstrip().startswith(_MAKES)
    if not makes or any(word in words for word in _CHANGES_WHAT_IS_NEW):
        newest = first
    return query("locked").format(first=first, last=newest)


def _is_index(row: Row) -> bool:
    return row[7] is not None
