"""Statements as they pass, to what each of them did.

Within a transaction the session that a migration uses is asked itself, right behind the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from outofband.rehearse.parked import Parking
from outofband.rehearse.relations import Relation, Rows
from outofband.rehearse.sight import Changed, Sight, session
from outofband.rehearse.trace import Lock, Traced
from outofband.revisions import online
from outofband.revisions.frame import Caller
from outofband.revisions.online import Noted
from outofband_lint.locks import LockMode, stronger
from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.statement import (
    AlterTable,
    CreateIndex,
    DetachPartition,
    DropIndex,
    Reindex,
    Statement,
)

_QUESTIONS = {"select", "show", "set", "savepoint", "release", "rollback", "values"}


@dataclass(slots=True)
class Tracing:
    """Watches revisions and says what each statement did; questions without effect are left out.

    ``url`` leads to the server on which they run, ``noted`` is what env.py configured. ``held`` is
    what the transaction has locked.
    """

    url: str
    noted: Noted
    say: Callable[[Traced], None]
    sight: Sight = field(default_factory=Sight)
    held: dict[QualifiedName, LockMode] = field(default_factory=dict)
    transaction: int = 0
    parking: Parking | None = None
    is_open: bool = False

    def before(self, rows: Rows, sql: str, _caller: Caller) -> None:
        """Look around where a transaction begins; stand in the way of what refuses one."""
        if not self.is_open:
            self.transaction += 1
            self.sight.version_table = self.noted.version_table
            self.sight.begin(rows)
            self.held, self.is_open = {}, True
        tables = [*_in_whose_way(sql, self.sight.now)]
        if tables:
            pid, transaction = session(rows)
            refuses = self.sight.is_open(transaction)
            self.parking = None if refuses else Parking(self.url, pid, tables)

    def after(self, rows: Rows, sql: str, caller: Caller, seconds: float) -> None:
        """Say what the statement did."""
        parked = self.stop_parking()
        look = self.sight.after(rows, sql)
        locks = parked or {} if look.alone else look.locks
        traced = Traced(
            caller.revision,
            caller.path,
            caller.line,
            caller.direction,
            sql,
            seconds,
            self.transaction,
            online.in_operation(),
            "held" if not look.alone else "unseen" if parked is None else "parked",
            tuple(self._new(locks)),
            **_did(sql, look.changed, self.sight.before),
        )
        if traced.did_something or not _only_asks(sql):
            self.say(traced)
        if look.alone:
            self.ended()

    def ended(self) -> None:
        """Take the next statement as the first of a transaction."""
        self.is_open = False

    def stop_parking(self) -> dict[int, LockMode] | None:
        """Give way to the statement, if something stands in its way; return what was seen."""
        parking, self.parking = self.parking, None
        return parking.end() if parking is not None else None

    def _new(self, locks: Mapping[int, LockMode]) -> Iterator[Lock]:
        """Yield the locks that the transaction did not have yet, on what was there before it."""
        found: dict[QualifiedName, LockMode] = {}
        existing = self.sight.before
        for oid, mode in locks.items():
            relation = existing.get(oid)
            if relation is not None:
                table = existing.get(relation.table or oid, relation).name
                found[table] = stronger(mode, found.get(table, mode))
        for table, mode in sorted(found.items()):
            before = self.held.get(table)
            if before is None or before.strength < mode.strength:
                self.held[table] = mode
                yield Lock(table, mode)


def _only_asks(sql: str) -> bool:
    return sql.lstrip("( \n").partition(" ")[0].lower() in _QUESTIONS


def _did(
    sql: str, changed: Changed, existing: Container[int]
) -> dict[str, tuple[QualifiedName, ...]]:
    """Return what was done to relations, by the names of the fields of Traced."""
    # TRUNCATE gives a table new files too, but reads and writes no row.
    emptied = sql.split(maxsplit=1)[0].lower() == "truncate" if sql.split() else False
    counted = {} if emptied else {oid: pair for oid, pair in changed.items() if oid in existing}
    tables = [(old, new) for old, new in counted.values() if old and new and not new.is_index]
    rewritten = {new.name for old, new in tables if new.file != old.file}
    scanned = {new.name for old, new in tables if new.scans > old.scans} - rewritten
    before = [old for old, _ in changed.values() if old is not None]
    after = [new for _, new in changed.values() if new is not None]
    files = {old.name: old.file for old, _ in counted.values() if old and old.is_index}
    rebuilt = {r.name for r in after if r.is_index and files.get(r.name, r.file) != r.file}
    names, now = {r.name for r in before}, {r.name for r in after}
    broken = {r.name for r in before if not r.valid}
    return {
        "rewritten": tuple(sorted(rewritten)),
        "scanned": tuple(sorted(scanned)),
        "rebuilt": tuple(sorted(rebuilt)),
        "created": tuple(sorted(now - names)),
        "dropped": tuple(sorted(names - now)),
        "invalid": tuple(sorted({r.name for r in after if not r.valid} - broken)),
    }


def _in_whose_way(sql: str, known: Mapping[int, Relation]) -> Iterator[Relation]:
    """Yield the tables on which a concurrent statement is to be stopped."""
    if "concurrently" not in sql.lower():
        return
    names = {name for statement in read(sql) for name in _tables_of(statement)}
    for relation in known.values():
        if relation.name.name in {name.name for name in names}:
            table = known.get(relation.table) if relation.table else relation
            if table is not None and table.kind != "f":
                yield table


def _tables_of(statement: Statement) -> Iterable[QualifiedName]:
    match statement:
        case CreateIndex(concurrently=True, table=table):
            return [table]
        case DropIndex(concurrently=True, indexes=indexes):
            return indexes
        case Reindex(concurrently=True, name=QualifiedName() as name):
            return [name]
        case AlterTable(table=table, actions=[DetachPartition(concurrently=True) as action]):
            return [table, action.partition]
    return []
