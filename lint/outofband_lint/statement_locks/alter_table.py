"""What ALTER TABLE locks: of all its actions, the strongest on each table.

Source: PostgreSQL 18, ALTER TABLE; AlterTableGetLockLevel and ATPrepCmd in
src/backend/commands/tablecmds.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outofband_lint import statement as sql
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema, Table
from outofband_lint.statement_locks.dispatch import Taken
from outofband_lint.statement_locks.reach import (
    family,
    foreign_keys,
    full_name,
    partitions,
    referenced,
    referring,
)

_GENTLE = ("set statistics", "set", "reset")
"""Actions without a type of their own that lock no more than SHARE UPDATE EXCLUSIVE."""

_OF_ONE_TABLE = (
    sql.SetTablespace,
    sql.SetLogged,
    sql.SetAccessMethod,
    sql.ReplicaIdentity,
    sql.RowSecurity,
    sql.ClusterOn,
    sql.AttachPartition,
    sql.DetachPartition,
    sql.SetInheritance,
)
"""Actions that leave partitions and inheriting tables alone."""

_INHERITED = ("set statistics", "set storage", "set compression", "set generated")
"""Actions without a type of their own that reach partitions and inheriting tables."""


def taken(statement: sql.AlterTable, schema: Schema) -> Taken:
    """Yield tables and modes, action by action."""
    for action in statement.actions:
        mode = _mode(action)
        for table in _reached(statement, action, schema):
            yield table, mode
        yield from _beside(statement.table, action, schema)


def _mode(action: sql.TableAction) -> LockMode:
    """Return how strongly an action locks the table that it is about."""
    match action:
        case sql.ValidateConstraint() | sql.AttachPartition() | sql.ClusterOn():
            return LockMode.SHARE_UPDATE_EXCLUSIVE
        case sql.DetachPartition(concurrently=True) | sql.DetachPartition(finalize=True):
            return LockMode.SHARE_UPDATE_EXCLUSIVE
        case sql.OtherAction(kind=kind) if kind in _GENTLE:
            return LockMode.SHARE_UPDATE_EXCLUSIVE
        case sql.AddConstraint(constraint=added) if added.kind == "foreign_key":
            return LockMode.SHARE_ROW_EXCLUSIVE
        case sql.TriggerState():
            return LockMode.SHARE_ROW_EXCLUSIVE
    return LockMode.ACCESS_EXCLUSIVE


def _reached(
    statement: sql.AlterTable, action: sql.TableAction, schema: Schema
) -> Iterable[QualifiedName]:
    """Return the table and those below it that the action changes too."""
    name = statement.table
    match action:
        case sql.DropColumn():  # with ONLY, the column becomes the children's own
            return family(name, schema)
        case _ if statement.only or isinstance(action, _OF_ONE_TABLE):
            return [full_name(name, schema)]
        case sql.OtherAction(kind=kind) if kind not in _INHERITED:
            return [full_name(name, schema)]
        case sql.TriggerState():
            return partitions(name, schema)
        case sql.AddConstraint(constraint=added) if added.kind in ("foreign_key", "exclude"):
            return partitions(name, schema)
        case sql.SetNotNull(column=column) if _is_not_null(schema.table(name), column):
            return [full_name(name, schema)]
        case sql.DropConstraint(name=constraint):
            return _with_constraint(name, constraint, schema)
        case sql.RenameConstraint(name=constraint) if _is_key(schema.table(name), constraint):
            return [full_name(name, schema)]
        case sql.ValidateConstraint(name=constraint):
            if _is_valid(schema.table(name), constraint):
                return [full_name(name, schema)]
            return _with_constraint(name, constraint, schema)
    return family(name, schema)


def _is_not_null(table: Table | None, column: str) -> bool:
    found = None if table is None else table.column(column)
    return found is not None and found.not_null


def _is_key(table: Table | None, constraint: str) -> bool:
    found = None if table is None else table.constraint(constraint)
    return found is not None and found.kind in ("primary_key", "unique", "exclude")


def _is_valid(table: Table | None, constraint: str) -> bool:
    found = None if table is None else table.constraint(constraint)
    return found is not None and found.validated


def _with_constraint(
    name: QualifiedName, constraint: str, schema: Schema
) -> Iterator[QualifiedName]:
    """Yield the table, and those below it that have the constraint from it."""
    table = schema.table(name)
    found = None if table is None else table.constraint(constraint)
    is_inherited = found is None or found.kind in ("check", "not_null")
    yield from family(name, schema) if is_inherited else partitions(name, schema)


def _beside(name: QualifiedName, action: sql.TableAction, schema: Schema) -> Taken:
    """Yield what an action locks besides the table that it is about, and those below that."""
    table = schema.table(name)
    match action:
        case sql.AddColumn(column=column):
            for constraint in column.constraints:
                yield from _referenced_by(constraint, schema)
        case sql.AddConstraint(constraint=added):
            yield from _referenced_by(added, schema)
        case sql.DropConstraint(name=constraint):
            yield from _freed(table, constraint, schema)
        case sql.ValidateConstraint(name=constraint):
            for found, target in foreign_keys(table):
                if found.name == constraint:
                    yield from ((t, LockMode.ROW_SHARE) for t in partitions(target, schema))
        case sql.DropColumn(column=column_name) | sql.AlterColumnType(column=column_name):
            yield from _tied(table, column_name, schema)
        case sql.AttachPartition(partition=partition):
            yield from ((t, LockMode.ACCESS_EXCLUSIVE) for t in family(partition, schema))
            yield from bound_by_foreign_keys(name, schema)
        case sql.DetachPartition(partition=partition):
            yield from ((t, LockMode.ACCESS_EXCLUSIVE) for t in family(partition, schema))
            yield from _loosened(table, schema)
        case sql.SetInheritance(parent=parent, inherit=True):
            yield full_name(parent, schema), LockMode.SHARE_UPDATE_EXCLUSIVE


def _referenced_by(constraint: sql.Constraint, schema: Schema) -> Taken:
    """A new foreign key puts triggers on what it references."""
    if constraint.references is not None:
        for target in partitions(constraint.references, schema):
            yield target, LockMode.SHARE_ROW_EXCLUSIVE


def _freed(table: Table | None, name: str, schema: Schema) -> Taken:
    """A foreign key's triggers go from the other side; a key takes the foreign keys to it along."""
    constraint = None if table is None else table.constraint(name)
    if table is None or constraint is None:
        return
    if constraint.references is not None:
        for target in partitions(constraint.references, schema):
            yield target, LockMode.ACCESS_EXCLUSIVE
    elif constraint.kind in ("primary_key", "unique"):
        for other in referring([table.name], schema, frozenset(constraint.columns)):
            yield other, LockMode.ACCESS_EXCLUSIVE


def _tied(table: Table | None, column: str, schema: Schema) -> Taken:
    """Foreign keys from and to a column are dropped, or made anew, with it."""
    if table is None:
        return
    for constraint, target in foreign_keys(table):
        if column in constraint.columns:
            yield from ((t, LockMode.ACCESS_EXCLUSIVE) for t in partitions(target, schema))
    for other in referring([table.name], schema, frozenset({column})):
        yield other, LockMode.ACCESS_EXCLUSIVE


def bound_by_foreign_keys(parent: QualifiedName, schema: Schema) -> Taken:
    """Yield what gets triggers when a table becomes a partition: both ends of foreign keys."""
    table = schema.table(parent)
    if table is None:
        return
    for other in (*referenced(table, schema), *referring([table.name], schema)):
        yield other, LockMode.SHARE_ROW_EXCLUSIVE


def _loosened(table: Table | None, schema: Schema) -> Taken:
    """What was a partition keeps the foreign keys of its own and loses those that point to it."""
    if table is None:
        return
    for target in referenced(table, schema):
        yield target, LockMode.SHARE_ROW_EXCLUSIVE
    for other in referring([table.name], schema):
        yield other, LockMode.ACCESS_EXCLUSIVE
