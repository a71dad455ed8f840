"""What statements about tables lock.

Source: PostgreSQL 18, the page of each statement.
"""

from __future__ import annotations

from outofband_lint import statement as sql
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.statement_locks import alter_table
from outofband_lint.statement_locks.dispatch import Taken, each, taken
from outofband_lint.statement_locks.reach import (
    family,
    full_name,
    partitions,
    referenced,
    referring,
)

taken.register(sql.AlterTable, alter_table.taken)


@taken.register
def _(statement: sql.CreateTable, schema: Schema) -> Taken:
    if statement.if_not_exists and schema.table(statement.table) is not None:
        return
    constraints = [*statement.constraints, *(c for d in statement.columns for c in d.constraints)]
    for constraint in constraints:
        if constraint.references is not None:
            referenced_tables = partitions(constraint.references, schema)
            yield from each(referenced_tables, LockMode.SHARE_ROW_EXCLUSIVE)
    for parent in statement.inherits:
        yield full_name(parent, schema), LockMode.SHARE_UPDATE_EXCLUSIVE
    if statement.partition_of is not None:
        yield full_name(statement.partition_of, schema), LockMode.ACCESS_EXCLUSIVE
        yield from alter_table.bound_by_foreign_keys(statement.partition_of, schema)


@taken.register
def _(statement: sql.DropTable, schema: Schema) -> Taken:
    for name in statement.tables:
        yield from _dropped(name, schema)


@taken.register
def _(statement: sql.DropSchema, schema: Schema) -> Taken:
    for name in schema.tables:
        if name.schema in statement.names:
            yield from _dropped(name, schema)


def _dropped(name: QualifiedName, schema: Schema) -> Taken:
    """A foreign key goes with its table, and its triggers on both sides with it."""
    dropped = list(family(name, schema))
    yield from each(dropped, LockMode.ACCESS_EXCLUSIVE)
    table = schema.table(name)
    if table is None:
        return
    above = [table.partition_of] if table.partition_of is not None else []
    yield from each(above, LockMode.ACCESS_EXCLUSIVE)
    yield from each(referring([*dropped, *above], schema), LockMode.ACCESS_EXCLUSIVE)
    if table.partition_of is None:
        yield from each(referenced(table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.RenameTable, schema: Schema) -> Taken:
    """An index that is renamed by ALTER TABLE is locked like a table."""
    index = schema.index(statement.table)
    is_index = index is not None and schema.table(statement.table) is None
    table = index[0].name if index and is_index else full_name(statement.table, schema)
    yield table, LockMode.ACCESS_EXCLUSIVE


@taken.register
def _(statement: sql.SetTableSchema, schema: Schema) -> Taken:
    yield full_name(statement.table, schema), LockMode.ACCESS_EXCLUSIVE


@taken.register
def _(statement: sql.Truncate, schema: Schema) -> Taken:
    emptied = [table for name in statement.tables for table in family(name, schema)]
    while statement.cascade and (more := set(referring(emptied, schema)) - set(emptied)):
        emptied += [table for name in more for table in family(name, schema)]
    yield from each(emptied, LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.LockTable, schema: Schema) -> Taken:
    for name in statement.tables:
        yield from each(family(name, schema), LockMode(statement.mode))
