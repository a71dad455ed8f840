"""What each kind of statement locks: one function a kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch

from outofband_lint import statement as sql
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.statement_locks import alter_table
from outofband_lint.statement_locks.reach import (
    family,
    full_name,
    partitions,
    referenced,
    referring,
    with_columns_of,
)

_Taken = Iterator[tuple[QualifiedName, LockMode]]


@singledispatch
def taken(_statement: sql.Statement, _schema: Schema) -> _Taken:
    """Yield tables and modes; what has no function here locks no table that was there before."""
    yield from ()


def _each(tables: Iterable[QualifiedName], mode: LockMode) -> _Taken:
    return ((table, mode) for table in tables)


# --- tables

taken.register(sql.AlterTable, alter_table.taken)


@taken.register
def _(statement: sql.CreateTable, schema: Schema) -> _Taken:
    if schema.table(statement.table) is not None:
        return
    constraints = [*statement.constraints, *(c for d in statement.columns for c in d.constraints)]
    for constraint in constraints:
        if constraint.references is not None:
            referenced_tables = partitions(constraint.references, schema)
            yield from _each(referenced_tables, LockMode.SHARE_ROW_EXCLUSIVE)
    for parent in statement.inherits:
        yield full_name(parent, schema), LockMode.SHARE_UPDATE_EXCLUSIVE
    if statement.partition_of is not None:
        yield full_name(statement.partition_of, schema), LockMode.ACCESS_EXCLUSIVE
        yield from alter_table.bound_by_foreign_keys(statement.partition_of, schema)


@taken.register
def _(statement: sql.DropTable, schema: Schema) -> _Taken:
    for name in statement.tables:
        yield from _dropped(name, schema)


@taken.register
def _(statement: sql.DropSchema, schema: Schema) -> _Taken:
    for name in schema.tables:
        if name.schema in statement.names:
            yield from _dropped(name, schema)


def _dropped(name: QualifiedName, schema: Schema) -> _Taken:
    """A foreign key goes with its table, and its triggers on both sides with it."""
    dropped = list(family(name, schema))
    yield from _each(dropped, LockMode.ACCESS_EXCLUSIVE)
    table = schema.table(name)
    if table is None:
        return
    above = [table.partition_of] if table.partition_of is not None else []
    yield from _each(above, LockMode.ACCESS_EXCLUSIVE)
    yield from _each(referring([*dropped, *above], schema), LockMode.ACCESS_EXCLUSIVE)
    if table.partition_of is None:
        yield from _each(referenced(table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.RenameTable, schema: Schema) -> _Taken:
    yield full_name(statement.table, schema), LockMode.ACCESS_EXCLUSIVE


@taken.register
def _(statement: sql.SetTableSchema, schema: Schema) -> _Taken:
    yield full_name(statement.table, schema), LockMode.ACCESS_EXCLUSIVE


@taken.register
def _(statement: sql.Truncate, schema: Schema) -> _Taken:
    emptied = [table for name in statement.tables for table in family(name, schema)]
    while statement.cascade and (more := set(referring(emptied, schema)) - set(emptied)):
        emptied += [table for name in more for table in family(name, schema)]
    yield from _each(emptied, LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.LockTable, schema: Schema) -> _Taken:
    for name in statement.tables:
        yield from _each(family(name, schema), LockMode(statement.mode))


# --- indexes


@taken.register
def _(statement: sql.CreateIndex, schema: Schema) -> _Taken:
    if statement.concurrently:
        yield full_name(statement.table, schema), LockMode.SHARE_UPDATE_EXCLUSIVE
    elif statement.only:
        yield full_name(statement.table, schema), LockMode.SHARE
    else:
        yield from _each(partitions(statement.table, schema), LockMode.SHARE)


@taken.register
def _(statement: sql.DropIndex, schema: Schema) -> _Taken:
    concurrently = statement.concurrently
    for name in statement.indexes:
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else LockMode.ACCESS_EXCLUSIVE
        yield from _each(_tables_of(name, schema), mode)


@taken.register
def _(statement: sql.RenameIndex, schema: Schema) -> _Taken:
    table = schema.table(statement.index)
    if table is not None:  # ALTER INDEX renames a table too
        yield table.name, LockMode.ACCESS_EXCLUSIVE
    yield from _each(_table_of(statement.index, schema), LockMode.SHARE_UPDATE_EXCLUSIVE)


@taken.register
def _(statement: sql.AttachIndex, schema: Schema) -> _Taken:
    yield from _each(_table_of(statement.index, schema), LockMode.SHARE_UPDATE_EXCLUSIVE)
    yield from _each(_table_of(statement.child, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.SetIndexTablespace, schema: Schema) -> _Taken:
    yield from _each(_table_of(statement.index, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.Reindex, schema: Schema) -> _Taken:
    if statement.target == "index" and statement.name is not None:
        yield from _reindexed(statement, _tables_of(statement.name, schema), schema)
    elif statement.target == "table" and statement.name is not None:
        yield from _reindexed(statement, partitions(statement.name, schema), schema)
    elif statement.target == "schema" and statement.name is not None:
        there = [name for name in schema.tables if name.schema == statement.name.name]
        yield from _reindexed(statement, there, schema)
    else:
        yield from _reindexed(statement, schema.tables, schema)


def _reindexed(statement: sql.Reindex, tables: Iterable[QualifiedName], schema: Schema) -> _Taken:
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


# --- views, triggers, types


@taken.register
def _(statement: sql.RefreshMaterializedView, schema: Schema) -> _Taken:
    concurrently = statement.concurrently
    mode = LockMode.EXCLUSIVE if concurrently else LockMode.ACCESS_EXCLUSIVE
    yield full_name(statement.view, schema), mode


@taken.register
def _(statement: sql.DropMaterializedView, schema: Schema) -> _Taken:
    for view in statement.views:
        yield full_name(view, schema), LockMode.ACCESS_EXCLUSIVE


@taken.register
def _(statement: sql.CreateTrigger, schema: Schema) -> _Taken:
    yield from _each(partitions(statement.table, schema), LockMode.SHARE_ROW_EXCLUSIVE)


@taken.register
def _(statement: sql.DropTrigger, schema: Schema) -> _Taken:
    yield from _each(partitions(statement.table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.DropType, schema: Schema) -> _Taken:
    yield from _each(with_columns_of(statement.types, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.AlterDomain, schema: Schema) -> _Taken:
    """Whatever may find a row that breaks the rule keeps everybody from writing one."""
    validates = statement.action in ("set_not_null", "validate_constraint") or (
        statement.constraint is not None and not statement.constraint.not_valid
    )
    if validates:
        yield from _each(with_columns_of([statement.domain], schema), LockMode.SHARE)


# --- rows and maintenance


@taken.register
def _(statement: sql.Query, schema: Schema) -> _Taken:
    for write in statement.writes:
        reached = [full_name(write.table, schema)]
        if write.verb != "insert":
            reached += family(write.table, schema)
        yield from _each(reached, LockMode.ROW_EXCLUSIVE)


@taken.register
def _(statement: sql.Copy, schema: Schema) -> _Taken:
    if statement.table is not None and statement.from_:
        yield full_name(statement.table, schema), LockMode.ROW_EXCLUSIVE


@taken.register
def _(statement: sql.Vacuum, schema: Schema) -> _Taken:
    mode = LockMode.ACCESS_EXCLUSIVE if statement.full else LockMode.SHARE_UPDATE_EXCLUSIVE
    yield from _maintained(statement.tables, mode, schema)


@taken.register
def _(statement: sql.Analyze, schema: Schema) -> _Taken:
    yield from _maintained(statement.tables, LockMode.SHARE_UPDATE_EXCLUSIVE, schema)


def _maintained(tables: tuple[QualifiedName, ...], mode: LockMode, schema: Schema) -> _Taken:
    for name in tables or schema.tables:
        yield from _each(family(name, schema), mode)


@taken.register(sql.Cluster)
@taken.register(sql.Repack)
def _(statement: sql.Cluster | sql.Repack, schema: Schema) -> _Taken:
    """REPACK … CONCURRENTLY too, at its end (PostgreSQL 19, REPACK)."""
    if statement.table is not None:
        yield from _each(partitions(statement.table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.RenameObject, schema: Schema) -> _Taken:
    if statement.table is not None:
        yield from _each(partitions(statement.table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.Understood, schema: Schema) -> _Taken:
    mode = _OTHERS.get(statement.kind)
    if mode is not None:
        for name in statement.tables:
            yield from _each(partitions(name, schema), mode)


_OTHERS = {
    "alter policy": LockMode.ACCESS_EXCLUSIVE,
    "alter publication": LockMode.SHARE_UPDATE_EXCLUSIVE,
    "alter rule": LockMode.ACCESS_EXCLUSIVE,
    "alter trigger": LockMode.ACCESS_EXCLUSIVE,
    "comment": LockMode.SHARE_UPDATE_EXCLUSIVE,
    "create policy": LockMode.ACCESS_EXCLUSIVE,
    "create publication": LockMode.SHARE_UPDATE_EXCLUSIVE,
    "create rule": LockMode.ACCESS_EXCLUSIVE,
    "create statistics": LockMode.SHARE_UPDATE_EXCLUSIVE,
    "drop policy": LockMode.ACCESS_EXCLUSIVE,
    "drop rule": LockMode.ACCESS_EXCLUSIVE,
}
"""Statements without a type of their own, on the tables that they name."""
