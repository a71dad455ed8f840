"""ALTER TABLE and its sisters for foreign tables and materialized views.

Source: PostgreSQL 18, ALTER TABLE, ALTER MATERIALIZED VIEW.
"""

from __future__ import annotations

from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.reader.column import column_definition
from outofband_lint.reader.constraint import starts_table_constraint, table_constraint
from outofband_lint.reader.create_table import partition_bound
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.drop import behaviour
from outofband_lint.reader.index import moved_to_tablespace
from outofband_lint.reader.table_action import of_the_whole_table
from outofband_lint.reader.types import data_type
from outofband_lint.statement import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterTable,
    AttachPartition,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    MergePartitions,
    OtherAction,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetDefault,
    SetExpression,
    SetInheritance,
    SetNotNull,
    SetTableSchema,
    SplitPartition,
    Statement,
    TableAction,
    ValidateConstraint,
)

# Actions that change nothing the schema tracks, by their leading words.
_OTHER_ACTIONS = (
    ("set", "without", "oids"),
    ("set",),
    ("reset",),
    ("enable", "rule"),
    ("enable", "replica", "rule"),
    ("enable", "always", "rule"),
    ("disable", "rule"),
    ("owner", "to"),
    ("not", "of"),
    ("of",),
    ("options",),
)
_OTHER_COLUMN_ACTIONS = (
    ("set", "statistics"),
    ("set", "storage"),
    ("set", "compression"),
    ("set", "generated"),
    ("set", "cache"),
    ("set", "increment"),
    ("set", "maxvalue"),
    ("set", "minvalue"),
    ("set", "no"),
    ("set", "start"),
    ("set", "cycle"),
    ("set",),
    ("reset",),
    ("restart",),
    ("options",),
)


def alter_table(cursor: Cursor) -> Statement:
    """Read ALTER [FOREIGN] TABLE or ALTER MATERIALIZED VIEW."""
    cursor.expect("alter")
    kind: Literal["table", "materialized view"] = "materialized view"
    if not cursor.accept("materialized", "view"):
        kind = "table"
        cursor.accept("foreign")
        cursor.expect("table")
    if cursor.accept("all", "in", "tablespace"):
        return moved_to_tablespace(cursor, kind)
    if_exists = cursor.accept("if", "exists")
    only = cursor.accept("only")
    table = cursor.name()
    cursor.accept_symbol("*")
    if cursor.accept("rename", "to"):
        return RenameTable(table, cursor.identifier())
    if cursor.accept("set", "schema"):
        return SetTableSchema(table, cursor.identifier())
    actions = (_rename(cursor),) if cursor.accept("rename") else _actions(cursor)
    return AlterTable(table, actions, if_exists=if_exists, only=only)


def _rename(cursor: Cursor) -> TableAction:
    if cursor.accept("constraint"):
        old = cursor.identifier()
        cursor.expect("to")
        return RenameConstraint(old, cursor.identifier())
    cursor.accept("column")
    old = cursor.identifier()
    cursor.expect("to")
    return RenameColumn(old, cursor.identifier())


def _actions(cursor: Cursor) -> tuple[TableAction, ...]:
    return cursor.listed(lambda: _action(cursor))


def _action(cursor: Cursor) -> TableAction:
    if cursor.accept("add"):
        return _add(cursor)
    if cursor.accept("drop"):
        return _drop(cursor)
    if cursor.accept("validate", "constraint"):
        return ValidateConstraint(cursor.identifier())
    if cursor.accept("attach", "partition"):
        return _attach(cursor)
    if cursor.accept("detach", "partition"):
        return _detach(cursor)
    if cursor.accept("split", "partition"):
        return _split(cursor)
    if cursor.accept("merge", "partitions"):
        merged = cursor.grouped(cursor.name)
        cursor.expect("into")
        return MergePartitions(merged, cursor.name())
    if cursor.accept("inherit"):
        return SetInheritance(cursor.name(), inherit=True)
    if cursor.accept("no", "inherit"):
        return SetInheritance(cursor.name(), inherit=False)
    if cursor.accept("alter", "constraint"):
        return _alter_constraint(cursor)
    if cursor.sees("alter"):
        return _alter_column(cursor)
    return of_the_whole_table(cursor) or _other(cursor, _OTHER_ACTIONS)


def _split(cursor: Cursor) -> TableAction:
    partition = cursor.name()
    cursor.expect("into")
    return SplitPartition(partition, cursor.grouped(lambda: _new_partition(cursor)))


def _new_partition(cursor: Cursor) -> QualifiedName:
    cursor.expect("partition")
    name = cursor.name()
    partition_bound(cursor)
    return name


def _alter_constraint(cursor: Cursor) -> TableAction:
    name = cursor.identifier()
    enforced: bool | None = None
    while not (cursor.at_end() or cursor.sees_symbol(",")):
        if cursor.accept("not", "enforced"):
            enforced = False
        elif cursor.accept("enforced"):
            enforced = True
        else:
            cursor.skip_one()
    return AlterConstraint(name, enforced)


def _other(cursor: Cursor, known: tuple[tuple[str, ...], ...]) -> OtherAction:
    for words in known:
        if cursor.accept(*words):
            while not (cursor.at_end() or cursor.sees_symbol(",")):
                cursor.skip_one()
            return OtherAction(" ".join(words))
    return cursor.fail("an action of ALTER TABLE")


def _add(cursor: Cursor) -> TableAction:
    if starts_table_constraint(cursor):
        return AddConstraint(table_constraint(cursor))
    cursor.accept("column")
    if_not_exists = cursor.accept("if", "not", "exists")
    return AddColumn(column_definition(cursor), if_not_exists=if_not_exists)


def _drop(cursor: Cursor) -> TableAction:
    if cursor.accept("constraint"):
        if_exists = cursor.accept("if", "exists")
        name = cursor.identifier()
        return DropConstraint(name, if_exists=if_exists, cascade=behaviour(cursor))
    cursor.accept("column")
    if_exists = cursor.accept("if", "exists")
    column = cursor.identifier()
    return DropColumn(column, if_exists=if_exists, cascade=behaviour(cursor))


def _attach(cursor: Cursor) -> TableAction:
    partition = cursor.name()
    bound = partition_bound(cursor)
    return AttachPartition(partition, bound, default=not bound)


def _detach(cursor: Cursor) -> TableAction:
    partition = cursor.name()
    concurrently = cursor.accept("concurrently")
    finalize = cursor.accept("finalize")
    return DetachPartition(partition, concurrently=concurrently, finalize=finalize)


def _alter_column(cursor: Cursor) -> TableAction:
    cursor.expect("alter")
    cursor.accept("column")
    column = cursor.identifier()
    if cursor.accept("set", "not", "null"):
        return SetNotNull(column)
    if cursor.accept("drop", "not", "null"):
        return DropNotNull(column)
    if cursor.accept("set", "default"):
        return SetDefault(column, cursor.expression(lambda: False))
    if cursor.accept("drop", "default"):
        return DropDefault(column)
    if cursor.accept("type") or cursor.accept("set", "data", "type"):
        return _column_type(cursor, column)
    if cursor.accept("add", "generated"):
        return _add_identity(cursor, column)
    if cursor.accept("set", "expression", "as"):
        return SetExpression(column, cursor.group())
    if cursor.accept("drop", "identity"):
        return DropIdentity(column, cursor.accept("if", "exists"))
    if cursor.accept("drop", "expression"):
        return DropExpression(column, cursor.accept("if", "exists"))
    return _other(cursor, _OTHER_COLUMN_ACTIONS)


def _column_type(cursor: Cursor, column: str) -> TableAction:
    new_type = data_type(cursor)
    collation = str(cursor.name()) if cursor.accept("collate") else None
    using = cursor.expression(lambda: False) if cursor.accept("using") else None
    return AlterColumnType(column, new_type, using, collation)


def _add_identity(cursor: Cursor, column: str) -> TableAction:
    if not cursor.accept("always"):
        cursor.expect("by", "default")
    cursor.expect("as", "identity")
    if cursor.sees_symbol("("):
        cursor.skip_group()
    return AddIdentity(column)
