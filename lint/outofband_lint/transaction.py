"""What the transaction that a statement stands in has done, and which tables it keeps locked.

Source: PostgreSQL 18, 13.3, Explicit Locking: a table lock is held until the transaction ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from outofband_lint.context import Sent, StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.statement import TransactionControl
from outofband_lint.statement_locks import locks


@dataclass(slots=True)
class Transaction:
    """Statement by statement, what was sent since it began.

    `held` are the tables in use that keep their writers waiting, each with the mode it was first
    locked in. An out-of-band step holds none: it waits for its locks by itself, or is deferred. A
    savepoint that is rolled back to gives its locks up; that is not followed.
    """

    sent: list[Sent] = field(default_factory=list)
    held: dict[QualifiedName, LockMode] = field(default_factory=dict)

    def add(self, sent: Sent, context: StatementContext) -> None:
        """Take a statement in; one that ends the transaction begins the next."""
        if _ends(sent):
            self.sent, self.held = [], {}
            return
        self.sent.append(sent)
        if sent.source.out_of_band:
            return
        for table, mode in locks(sent.statement, sent.before):
            if keeps_writers_waiting(mode) and context.existing(table, sent.before) is not None:
                self.held.setdefault(table, mode)


def keeps_writers_waiting(mode: LockMode) -> bool:
    """Tell whether no INSERT, UPDATE or DELETE goes on beside a lock."""
    return mode.conflicts_with(LockMode.ROW_EXCLUSIVE)


def _ends(sent: Sent) -> bool:
    statement = sent.statement
    by_hand = isinstance(statement, TransactionControl) and (
        statement.kind == "commit" or (statement.kind == "rollback" and not statement.savepoint)
    )
    return by_hand or not sent.source.in_transaction
