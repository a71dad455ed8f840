"""Statements as they pass, to what each of them did.

Within a transaction the session that a migration uses is asked itself, right behind the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from outofband.rehearse.parked import Parking
from outofband.rehearse.relations import Relation, Relations, Rows, every, locked, transaction
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

    ``url`` leads to the server on which they run, ``noted`` is what env.py configured. ``known`` is
    how relations were before the statement, ``existing`` before its transaction; ``held`` is what
    the transaction has locked. ``inside`` is the name that the server has for it.
    """

    url: str
    noted: Noted
    say: Callable[[Traced], None]
    known: dict[int, Relation] = field(default_factory=dict)
    existing: dict[int, Relation] = field(default_factory=dict)
    held: dict[QualifiedName, LockMode] = field(default_factory=dict)
    transaction: int = 0
    parking: Parking | None = None
    is_open: bool = False
    inside: str = ""

    def before(self, rows: Rows, sql: str, _caller: Caller) -> None:
        """Look around where a transaction begins; stand in the way of what refuses one."""
        if not self.is_open:
            self.transaction += 1
            self.known = _but(self.noted.version_table, every(rows))
            self.existing, self.held, self.is_open = dict(self.known), {}, True
            _, self.inside = transaction(rows)
        tables = [*_in_whose_way(sql, self.known)]
        if tables:
            pid, name = transaction(rows)
            refuses = name == self.inside  # a transaction is open
            self.parking = None if refuses else Parking(self.url, pid, tables)

    def after(self, rows: Rows, sql: str, caller: Caller, seconds: float) -> None:
        """Say what the statement did."""
        parked = self.stop_parking()
        look = locked(rows)
        alone = look.transaction != self.inside
        now = every(rows) if alone else {**self.known, **look.relations}
        dropped = look.locks.keys() - look.relations.keys()
        left = {oid: r for oid, r in now.items() if oid not in dropped}
        now = _but(self.noted.version_table, left)
        locks = parked or {} if alone else look.locks
        traced = Traced(
            caller.revision,
            caller.path,
            caller.line,
            caller.direction,
            sql,
            seconds,
            self.transaction,
            online.in_operation(),
            "held" if not alone else "unseen" if parked is None else "parked",
            tuple(self._new(locks)),
            **_changes(sql, self.known, now, self.existing),
        )
        self.known = now
        if traced.did_something or not _only_asks(sql):
            self.say(traced)
        if alone:
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
        for oid, mode in locks.items():
            relation = self.existing.get(oid)
            if relation is not None:
                table = self.existing.get(relation.table or oid, relation).name
                found[table] = stronger(mode, found.get(table, mode))
        for table, mode in sorted(found.items()):
            before = self.held.get(table)
            if before is None or before.strength < mode.strength:
                self.held[table] = mode
                yield Lock(table, mode)


def _only_asks(sql: str) -> bool:
    return sql.lstrip("( \n").partition(" ")[0].lower() in _QUESTIONS


def _but(version_table: str, relations: Relations) -> dict[int, Relation]:
    """Leave Alembic's own table out."""
    own = {oid for oid, r in relations.items() if r.name.name == version_table}
    return {o: r for o, r in relations.items() if o not in own and r.table not in own}


def _changes(
    sql: str, before: Relations, after: Relations, existing: Relations
) -> dict[str, tuple[QualifiedName, ...]]:
    # TRUNCATE gives a table new files too, but reads and writes no row.
    emptied = sql.split(maxsplit=1)[0].lower() == "truncate" if sql.split() else False
    both = [] if emptied else [oid for oid in before.keys() & after.keys() if oid in existing]
    tables = [(before[o], after[o]) for o in both if not after[o].is_index]
    rewritten = {new.name for old, new in tables if new.file != old.file}
    scanned = {new.name for old, new in tables if new.scans > old.scans} - rewritten
    files = {r.name: r.file for oid, r in before.items() if r.is_index and oid in existing}
    rebuilt = {
        r.name
        for r in after.values()
        if r.is_index and not emptied and files.get(r.name, r.file) != r.file
    }
    old, new = _names(before), _names(after)
    broken = {r.name for r in before.values() if not r.valid}
    return {
        "rewritten": tuple(sorted(rewritten)),
        "scanned": tuple(sorted(scanned)),
        "rebuilt": tuple(sorted(rebuilt)),
        "created": tuple(sorted(new - old)),
        "dropped": tuple(sorted(old - new)),
        "invalid": tuple(sorted({r.name for r in after.values() if not r.valid} - broken)),
    }


def _names(relations: Relations) -> set[QualifiedName]:
    return {relation.name for relation in relations.values()}


def _in_whose_way(sql: str, known: Relations) -> Iterator[Relation]:
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
