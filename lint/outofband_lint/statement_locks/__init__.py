"""Which tables a statement locks, and how strongly.

Measured: tests/matrix/statements.sql lists what PostgreSQL 14 to 18 do, and the answers here are
compared with it. Sources of the single modes: PostgreSQL 18, table 13.2 and the page of each
statement; the modes of ALTER TABLE, AlterTableGetLockLevel in src/backend/commands/tablecmds.c.
"""

from __future__ import annotations

from outofband_lint.locks import LockMode, stronger
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.statement import Statement
from outofband_lint.statement_locks import indexes, others, tables  # noqa: F401 they register
from outofband_lint.statement_locks.dispatch import taken

__all__ = ["TableLock", "locks"]

TableLock = tuple[QualifiedName, LockMode]


def locks(statement: Statement, schema: Schema) -> tuple[TableLock, ...]:
    """Return the strongest lock that a statement takes on each table, in the order of the names.

    `schema` is the one before it. Names come in full; one that the chain never created comes as it
    is written. A lock on an index counts as one on its table, since whoever plans a query on a
    table locks all its indexes. Where major versions differ, the strongest counts. ACCESS SHARE is
    left out, as is what the text does not say: what a query reads, what a function does, which
    partitions rows go to, what views and triggers CASCADE finds.
    """
    found: dict[QualifiedName, LockMode] = {}
    for table, mode in taken(statement, schema):
        found[table] = stronger(mode, found.get(table, mode))
    return tuple(sorted(found.items(), key=lambda lock: (lock[0].schema or "", lock[0].name)))
