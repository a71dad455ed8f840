"""What a server does when it runs some statements, as a value.

In a transaction, the session that runs a statement reads pg_locks, pg_class and its own scan
counters before and after it. A statement that refuses a transaction (CONCURRENTLY, VACUUM) is
watched by another session instead, while it is parked (`matrix.parked`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from matrix.parked import run_parked
from outofband.rehearse.relations import Relation, every, query, strongest
from outofband_lint.locks import LockMode, stronger
from outofband_lint.names import QualifiedName
from outofband_lint.reader.split import pieces


@dataclass(frozen=True, slots=True)
class Seen:
    """What statements did to the relations that existed before the first of them.

    `locks` are the strongest on each table, asked for or held. One on an index counts as one on its
    table, since whoever plans a query on a table locks all its indexes (PostgreSQL 18,
    src/backend/optimizer/util/plancat.c, get_relation_info).

    `rewritten` tables got a new file with their old rows, `rebuilt` indexes a new file. `scanned`
    tables were read from end to end without that; where a statement refused a transaction and was
    `parked`, that is not known. `created` and `invalid` are indexes that were not there before.
    `sqlstate` is that of the error that ended it, `problem` its text.
    """

    locks: Mapping[QualifiedName, LockMode] = field(default_factory=dict)
    rewritten: frozenset[QualifiedName] = frozenset()
    rebuilt: frozenset[QualifiedName] = frozenset()
    scanned: frozenset[QualifiedName] = frozenset()
    created: frozenset[QualifiedName] = frozenset()
    invalid: frozenset[QualifiedName] = frozenset()
    parked: bool = False
    sqlstate: str | None = None
    problem: str = ""

    @property
    def strongest(self) -> LockMode | None:
        """The strongest lock on any table that existed before."""
        return max(self.locks.values(), key=attrgetter("strength"), default=None)

    def __str__(self) -> str:
        """Return the whole in one line, for the message of a test that fails."""
        shown = [f"{mode.value} on {name}" for name, mode in sorted(self.locks.items())]
        for what in ("rewritten", "rebuilt", "scanned", "created", "invalid"):
            shown += [f"{what} {name}" for name in sorted(getattr(self, what))]
        if self.sqlstate is not None:
            shown.append(f"{self.sqlstate} ({self.problem})")
        return "; ".join(shown) or "nothing"


@dataclass(frozen=True, slots=True)
class Step:
    """SQL that is sent in the transaction that is open, or in one of its own."""

    sql: str
    in_transaction: bool = True

    @property
    def statements(self) -> list[str]:
        """The statements one by one."""
        return [piece.text for piece in pieces(self.sql)]


def trace(url: str, *steps: Step) -> Seen:
    """Run steps in order, up to the first error, and return what was seen.

    What is in a transaction at the end is rolled back: steps that are all so leave nothing behind.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        tracer = _Tracer(url, connection)
        for step in steps:
            if not step.in_transaction:
                tracer.end("COMMIT")
            for statement in step.statements:
                tracer.run(statement, in_transaction=step.in_transaction)
                if tracer.seen.sqlstate is not None:
                    return tracer.seen
        tracer.end("ROLLBACK")
        return tracer.seen


class _Tracer:
    """One session that runs statements, and what was seen so far."""

    def __init__(self, url: str, connection: psycopg.Connection[Any]) -> None:
        self.url = url
        self.connection = connection
        self.existing = self._relations()
        self.seen = Seen()

    def run(self, statement: str, *, in_transaction: bool) -> None:
        if self._status is TransactionStatus.IDLE:
            self.connection.execute("BEGIN")
        try:
            self._run_observed(statement)
        except psycopg.errors.ActiveSqlTransaction as error:
            if in_transaction:
                self._failed(error.sqlstate, str(error))
            else:
                self.end("ROLLBACK")
                self._run_parked(statement)
        except psycopg.Error as error:
            self._failed(error.sqlstate, str(error))
        if not in_transaction:
            self.end("COMMIT")

    def end(self, how: str) -> None:
        """End the transaction, if one is open."""
        if self._status is not TransactionStatus.IDLE:
            self.connection.execute(how.encode())

    @property
    def _status(self) -> TransactionStatus:
        return self.connection.info.transaction_status

    def _run_observed(self, statement: str) -> None:
        before = self._relations()
        self.connection.execute(statement.encode())
        pid = self.connection.info.backend_pid
        held = self.connection.execute(query("locks_of").encode(), [pid]).fetchall()
        self._see({oid: strongest(modes) for oid, modes in held})
        self._compare(statement, before, self._relations())

    def _run_parked(self, statement: str) -> None:
        before = self._relations()
        tables = [relation for relation in before.values() if relation.kind in "rpm"]
        outcome = run_parked(self.url, statement, tables)
        self.seen = replace(self.seen, parked=True)
        self._see(outcome.locks)
        self._compare(statement, before, self._relations())
        if outcome.sqlstate is not None:
            self._failed(outcome.sqlstate, outcome.problem)

    def _failed(self, sqlstate: str | None, problem: str) -> None:
        self.seen = replace(self.seen, sqlstate=sqlstate, problem=problem.splitlines()[0])

    def _relations(self) -> dict[int, Relation]:
        return every(lambda sql: self.connection.execute(sql.encode()).fetchall())

    def _see(self, locks: Mapping[int, LockMode]) -> None:
        found = dict(self.seen.locks)
        for oid, mode in locks.items():
            relation = self.existing.get(oid)
            if relation is not None:
                table = self.existing[relation.table or oid].name
                found[table] = stronger(mode, found.get(table, mode))
        self.seen = replace(self.seen, locks=found)

    def _compare(
        self, statement: str, before: Mapping[int, Relation], after: Mapping[int, Relation]
    ) -> None:
        # TRUNCATE gives a table new files too, but reads and writes no row.
        emptied = statement.split()[0].lower() == "truncate"
        oids = [] if emptied else before.keys() & after.keys() & self.existing.keys()
        both = [(oid, before[oid], after[oid]) for oid in oids]
        tables = [(o, n, self.existing[oid].name) for oid, o, n in both if not o.is_index]
        rewritten = {name for old, new, name in tables if new.file != old.file}
        scanned = {name for old, new, name in tables if new.scans > old.scans}
        known = {relation.name for relation in self.existing.values()}
        files = {old.name: old.file for old in before.values() if old.is_index}
        indexes = {oid: relation for oid, relation in after.items() if relation.is_index}
        rebuilt = {i.name for i in indexes.values() if files.get(i.name, i.file) != i.file}
        # REINDEX CONCURRENTLY makes a new index of the old name, a rename an old one of a new name.
        new = [i for oid, i in indexes.items() if i.name not in known and oid not in self.existing]
        self.seen = replace(
            self.seen,
            rewritten=self.seen.rewritten | rewritten,
            scanned=(self.seen.scanned | scanned) - rewritten,
            rebuilt=self.seen.rebuilt if emptied else self.seen.rebuilt | (rebuilt & known),
            created=frozenset(index.name for index in new),
            invalid=frozenset(index.name for index in new if not index.valid),
        )
