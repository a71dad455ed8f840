"""Which tables a statement of a revision will lock, by its text. Pure."""

from __future__ import annotations

import re

from outofband.model.names import QualifiedName
from outofband_lint.locks import LockMode

_MAY_LOCK = re.compile(
    r"\b(?:ALTER|CLUSTER|CREATE|DROP|LOCK|REFRESH|REINDEX|TRUNCATE)\b", re.IGNORECASE
)


def locked_by(sql: str) -> tuple[tuple[QualifiedName, LockMode], ...]:
    """Return the tables that SQL locks beyond reading and writing their rows, and how.

    The index of a DROP INDEX stands for its table. What is not understood locks nothing here: it
    waits for ``lock_timeout`` then, as without this.
    """
    if not _MAY_LOCK.search(sql):
        return ()
    from outofband_lint.reader import read
    from outofband_lint.schema import Schema
    from outofband_lint.statement import DropIndex
    from outofband_lint.statement_locks import locks

    found: list[tuple[QualifiedName, LockMode]] = []
    for statement in read(sql):
        if isinstance(statement, DropIndex) and not statement.concurrently:
            found += [(index, LockMode.ACCESS_EXCLUSIVE) for index in statement.indexes]
        found += [lock for lock in locks(statement, Schema()) if lock[1].strength > _WRITES]
    return tuple(found)


_WRITES = LockMode.ROW_EXCLUSIVE.strength
