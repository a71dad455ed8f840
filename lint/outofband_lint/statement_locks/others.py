"""What statements about views, triggers, types and rows lock, and maintenance.

Source: PostgreSQL 18, the page of each statement; 19, REPACK.
"""

from __future__ import annotations

from outofband_lint import statement as sql
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.statement_locks.dispatch import Taken, each, taken
from outofband_lint.statement_locks.reach import family, full_name, partitions, with_columns_of


@taken.register
def _(statement: sql.RefreshMaterializedView, schema: Schema) -> Taken:
    concurrently = statement.concurrently
    mode = LockMode.EXCLUSIVE if concurrently else LockMode.ACCESS_EXCLUSIVE
    yield full_name(statement.view, schema), mode


@taken.register
def _(statement: sql.DropMaterializedView, schema: Schema) -> Taken:
    for view in statement.views:
        yield full_name(view, schema), LockMode.ACCESS_EXCLUSIVE


@taken.register
def _(statement: sql.CreateTrigger, schema: Schema) -> Taken:
    yield from each(partitions(statement.table, schema), LockMode.SHARE_ROW_EXCLUSIVE)


@taken.register
def _(statement: sql.DropTrigger, schema: Schema) -> Taken:
    yield from each(partitions(statement.table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.DropType, schema: Schema) -> Taken:
    yield from each(with_columns_of(statement.types, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.AlterDomain, schema: Schema) -> Taken:
    """Whatever may find a row that breaks the rule keeps everybody from writing one."""
    validates = statement.action in ("set_not_null", "validate_constraint") or (
        statement.constraint is not None and not statement.constraint.not_valid
    )
    if validates:
        yield from each(with_columns_of([statement.domain], schema), LockMode.SHARE)


@taken.register
def _(statement: sql.Query, schema: Schema) -> Taken:
    for write in statement.writes:
        reached = [full_name(write.table, schema)]
        if write.verb != "insert":
            reached += family(write.table, schema)
        yield from each(reached, LockMode.ROW_EXCLUSIVE)


@taken.register
def _(statement: sql.Copy, schema: Schema) -> Taken:
    if statement.table is not None and statement.from_:
        yield full_name(statement.table, schema), LockMode.ROW_EXCLUSIVE


@taken.register
def _(statement: sql.Vacuum, schema: Schema) -> Taken:
    mode = LockMode.ACCESS_EXCLUSIVE if statement.full else LockMode.SHARE_UPDATE_EXCLUSIVE
    yield from _maintained(statement.tables, mode, schema)


@taken.register
def _(statement: sql.Analyze, schema: Schema) -> Taken:
    yield from _maintained(statement.tables, LockMode.SHARE_UPDATE_EXCLUSIVE, schema)


def _maintained(tables: tuple[QualifiedName, ...], mode: LockMode, schema: Schema) -> Taken:
    for name in tables or schema.tables:
        yield from each(family(name, schema), mode)


@taken.register(sql.Cluster)
@taken.register(sql.Repack)
def _(statement: sql.Cluster | sql.Repack, schema: Schema) -> Taken:
    """REPACK … CONCURRENTLY too, at its end (PostgreSQL 19, REPACK)."""
    if statement.table is not None:
        yield from each(partitions(statement.table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.RenameObject, schema: Schema) -> Taken:
    if statement.table is not None:
        yield from each(partitions(statement.table, schema), LockMode.ACCESS_EXCLUSIVE)


@taken.register
def _(statement: sql.Understood, schema: Schema) -> Taken:
    mode = _OTHERS.get(statement.kind)
    if mode is not None:
        for name in statement.tables:
            yield from each(partitions(name, schema), mode)


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
