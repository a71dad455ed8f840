"""ALTER TABLE and its sisters for foreign tables and materialized views.

Source: PostgreSQL 18, ALTER TABLE, ALTER MATERIALIZED VIEW.
"""

from __future__ import annotations

from outofband_lint.reader.column import column_definition
from outofband_lint.reader.constraint import starts_table_constraint, table_constraint
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.drop import behaviour
from outofband_lint.reader.types import data_type
from outofband_lint.statement import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterTable,
    AttachPartition,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    OtherAction,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetDefault,
    SetInheritance,
    SetNotNull,
    SetTableSchema,
    Statement,
    TableAction,
    Understood,
    ValidateConstraint,
)

# Actions that change nothing the schema tracks, by their leading words.
_OTHER_ACTIONS = (
    ("set", "tablespace"),
    ("set", "logged"),
    ("set", "unlogged"),
    ("set", "without", "cluster"),
    ("set", "without", "oids"),
    ("set", "access", "method"),
    ("set",),
    ("reset",),
    ("cluster", "on"),
    ("replica", "identity"),
    ("enable", "row", "level", "security"),
    ("disable", "row", "level", "security"),
    ("force", "row", "level", "security"),
    ("no", "force", "row", "level", "security"),
    ("enable", "trigger"),
    ("enable", "replica", "trigger"),
    ("enable", "always", "trigger"),
    ("disable", "trigger"),
    ("enable", "rule"),
    ("enable", "replica", "rule"),
    ("enable", "always", "rule"),
    ("disable", "rule"),
    ("owner", "to"),
    ("alter", "constraint"),
    ("options",),
)
_OTHER_COLUMN_ACTIONS = (
    ("set", "statistics"),
    ("set", "storage"),
    ("set", "compression"),
    ("set", "generated"),
    ("set", "expression"),
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
    ("drop", "identity"),
    ("drop", "expression"),
    ("options",),
)


def alter_table(cursor: Cursor) -> Statement:
    """Read ALTER [FOREIGN] TABLE or ALTER MATERIALIZED VIEW."""
    cursor.expect("alter")
    if not cursor.accept("materialized", "view"):
        cursor.accept("foreign")
        cursor.expect("table")
    if cursor.accept("all", "in", "tablespace"):
        cursor.skip_rest()
        return Understood("alter table all in tablespace")
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
    if cursor.accept("inherit"):
        return SetInheritance(cursor.name(), inherit=True)
    if cursor.accept("no", "inherit"):
        return SetInheritance(cursor.name(), inherit=False)
    if cursor.sees("alter") and not cursor.sees("alter", "constraint"):
        return _alter_column(cursor)
    return _other(cursor, _OTHER_ACTIONS)


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
    if not cursor.accept("default"):
        cursor.expect("for", "values")
        while cursor.accept_any("in", "from", "to", "with"):
            cursor.skip_group()
    return AttachPartition(partition)


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
    return _other(cursor, _OTHER_COLUMN_ACTIONS)


def _column_type(cursor: Cursor, column: str) -> TableAction:
    new_type = data_type(cursor)
    if cursor.accept("collate"):
        cursor.name()
    using = cursor.expression(lambda: False) if cursor.accept("using") else None
    return AlterColumnType(column, new_type, using)


def _add_identity(cursor: Cursor, column: str) -> TableAction:
    if not cursor.accept("always"):
        cursor.expect("by", "default")
    cursor.expect("as", "identity")
    if cursor.sees_symbol("("):
        cursor.skip_group()
    return OtherAction(f"alter column {column} add generated as identity")
