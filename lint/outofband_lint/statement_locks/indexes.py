"""What statements about indexes lock.

Source: PostgreSQL 18, CREATE INDEX, ALTER INDEX, DROP INDEX, REINDEX.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outofband_lint import statement as sql
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.statement_locks.dispatch import Taken, each, taken
from outofband_lint.statement_locks.reach import full_name, partitions


@taken.register
def _(statement: sql.CreateIndex, schema: Schema) -> Taken:
    if statement.concurrently:
        yield full_name(statement.table, schema), LockMode.SHARE_UPDATE_EXCLUSIVE
    elif statement.only:
        yield full_name(statement.table, schema), LockMode.SHARE
    else:
        yield from each(partitions(statement.table, schema), LockMode.SHARE)


@taken.register
def _(statement: sql.DropIndex, schema: Schema) -> Taken:
    concurrently = statement.concurrently
    for name in statement.indexes:
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else LockMode.ACCESS_EXCLUSIVE
        yield from each(_tables_of(name, schema), mode)


@taken.register
def _(statement: sql.RenameIndex, schema: Schema) -> Taken:
    table = schema.table(statement.index)
    if table is not None:  # ALTER INDEX renames a table too
        yield table.name, LockMode.ACCESS_EXCLUSIVE
    yield from each(_table_of(statement.index, schema), LockMode.SHARE_UPDATE_EXCLUSIVE)


@taken.register
def _(statement: sql.AttachIndex, schema: Schema) -> Taken:
    yield from each(_table_of(statement.index, schema), LockMode.SHARE_UPDATE_EXCLUSIVE)
    yield from each(_table_of(statement.child, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.SetIndexTablespace, schema: Schema) -> Taken:
    yield from each(_table_of(statement.index, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.Reindex, schema: Schema) -> Taken:
    if statement.target == "index" and statement.name is not None:
        yield from _reindexed(statement, _tables_of(statement.name, schema), schema)
    elif statement.target == "table" and statement.name is not None:
        yield from _reindexed(statement, partitions(statement.name, schema), schema)
    elif statement.target == "schema" and statement.name is not None:
        there = [name for name in schema.tables if name.schema == statement.name.name]
        yield from _reindexed(statement, there, schema)
    else:
        yield from _reindexed(statement, schema.tables, schema)


def _reindexed(statement: sql.Reindex, tables: Iterable[QualifiedName], schema: Schema) -> Taken:
    """SHARE on a table and ACCESS EXCLUSIVE on its indexes: also CONCURRENTLY locks partitions."""
    for name in tables:
        table = schema.table(name)
        is_parent = table is not None and table.kind == "partitioned"
        if statement.concurrently:
            yield name, LockMode.SHARE_UPDATE_EXCLUSIVE
            if table is not None and table.partition_of is not None and not _names(statement, name):
                yield name, LockMode.SHARE
        elif statement.target == "index" or (table is not None and table.indexes and not is_parent):
            yield name, LockMode.ACCESS_EXCLUSIVE
        else:
            yield name, LockMode.SHARE


def _names(statement: sql.Reindex, table: QualifiedName) -> bool:
    return statement.name is not None and statement.name.name == table.name


def _table_of(index: QualifiedName, schema: Schema) -> list[QualifiedName]:
    found = schema.index(index)
    return [] if found is None else [found[0].name]


def _tables_of(index: QualifiedName, schema: Schema) -> Iterator[QualifiedName]:
    """Yield the table of an index and, where it is partitioned, all its partitions."""
    for table in _table_of(index, schema):
        yield from partitions(table, schema)
