"""Statements about indexes.

Source: PostgreSQL 18, CREATE INDEX, ALTER INDEX, DROP INDEX, REINDEX.
"""

from __future__ import annotations

from typing import Literal

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.drop import behaviour
from outofband_lint.reader.options import is_on, options
from outofband_lint.statement import (
    AttachIndex,
    CreateIndex,
    DropIndex,
    IndexKey,
    MoveAllToTablespace,
    Reindex,
    RenameIndex,
    SetIndexTablespace,
    Statement,
    Understood,
)


def create_index(cursor: Cursor) -> Statement:
    """Read CREATE [UNIQUE] INDEX."""
    cursor.expect("create")
    unique = cursor.accept("unique")
    cursor.expect("index")
    concurrently = cursor.accept("concurrently")
    if_not_exists = cursor.accept("if", "not", "exists")
    name = None if cursor.sees("on") else cursor.identifier()
    cursor.expect("on")
    only = cursor.accept("only")
    table = cursor.name()
    method = access_method(cursor)
    keys = cursor.grouped(lambda: index_key(cursor))
    include = cursor.grouped(cursor.identifier) if cursor.accept("include") else ()
    nulls_not_distinct = cursor.accept("nulls", "not", "distinct")
    cursor.accept("nulls", "distinct")
    if cursor.accept("with"):
        cursor.skip_group()
    tablespace = cursor.identifier() if cursor.accept("tablespace") else None
    where = cursor.expression(lambda: False) if cursor.accept("where") else None
    return CreateIndex(
        name,
        table,
        keys,
        include=include,
        method=method,
        unique=unique,
        nulls_not_distinct=nulls_not_distinct,
        where=where,
        concurrently=concurrently,
        if_not_exists=if_not_exists,
        only=only,
        tablespace=tablespace,
    )


def access_method(cursor: Cursor) -> str:
    """Read `USING method` where it stands."""
    return cursor.identifier() if cursor.accept("using") else "btree"


def index_key(cursor: Cursor) -> IndexKey:
    """Read one key: a column, a function call or an expression in parentheses, and its options."""
    column, expression = _column_or_expression(cursor)
    collation = str(cursor.name()) if cursor.accept("collate") else None
    opclass = None
    if not _key_ends(cursor):
        opclass = str(cursor.name())
        if cursor.sees_symbol("("):
            cursor.skip_group()
    descending = cursor.accept_any("asc", "desc") == "desc"
    nulls_first = None
    if cursor.accept("nulls"):
        nulls_first = cursor.accept("first")
        if not nulls_first:
            cursor.expect("last")
    return IndexKey(column, expression, collation, opclass, descending, nulls_first)


def _column_or_expression(cursor: Cursor) -> tuple[str | None, str | None]:
    start = cursor.position
    if cursor.sees_symbol("("):
        cursor.skip_group()
        return None, cursor.text(start + 1, cursor.position - 1)
    name = cursor.name()
    if cursor.sees_symbol("("):
        cursor.skip_group()
        return None, cursor.text(start, cursor.position)
    return name.name, None


def _key_ends(cursor: Cursor) -> bool:
    return (
        cursor.at_end()
        or cursor.sees_symbol(",")
        or cursor.sees_symbol(")")
        or cursor.sees_any("asc", "desc", "nulls", "with")
    )


def alter_index(cursor: Cursor) -> Statement:
    """Read ALTER INDEX; storage parameters, tablespaces and statistics are effectless."""
    cursor.expect("alter", "index")
    if cursor.accept("all", "in", "tablespace"):
        return moved_to_tablespace(cursor, "index")
    cursor.accept("if", "exists")
    index = cursor.name()
    if cursor.accept("rename", "to"):
        return RenameIndex(index, cursor.identifier())
    if cursor.accept("attach", "partition"):
        return AttachIndex(index, cursor.name())
    if cursor.accept("set", "tablespace"):
        return SetIndexTablespace(index, cursor.identifier())
    if not cursor.sees_any("set", "reset", "alter", "depends", "no"):
        cursor.fail("RENAME TO, ATTACH PARTITION or SET")
    cursor.skip_rest()
    return Understood("alter index")


def moved_to_tablespace(
    cursor: Cursor, kind: Literal["table", "index", "materialized view"]
) -> MoveAllToTablespace:
    """Read what follows ALL IN TABLESPACE."""
    old = cursor.identifier()
    if cursor.accept("owned", "by"):
        cursor.listed(cursor.identifier)
    cursor.expect("set", "tablespace")
    new = cursor.identifier()
    cursor.accept("nowait")
    return MoveAllToTablespace(kind, old, new)


def drop_index(cursor: Cursor) -> Statement:
    """Read DROP INDEX."""
    cursor.expect("drop", "index")
    concurrently = cursor.accept("concurrently")
    if_exists = cursor.accept("if", "exists")
    indexes = cursor.listed(cursor.name)
    return DropIndex(
        indexes, concurrently=concurrently, if_exists=if_exists, cascade=behaviour(cursor)
    )


def reindex(cursor: Cursor) -> Statement:
    """Read REINDEX; CONCURRENTLY stands among the options or before the name."""
    cursor.expect("reindex")
    chosen = options(cursor)
    target = _reindex_target(cursor)
    concurrently = cursor.accept("concurrently") or is_on(chosen, "concurrently")
    name = None if cursor.at_end() else cursor.name()
    return Reindex(
        target,
        None if target in ("database", "system") else name,
        concurrently=concurrently,
        tablespace=chosen.get("tablespace"),
    )


def _reindex_target(
    cursor: Cursor,
) -> Literal["index", "table", "schema", "database", "system"]:
    for target in ("index", "table", "schema", "database", "system"):
        if cursor.accept(target):
            return target
    return cursor.fail("INDEX, TABLE, SCHEMA, DATABASE or SYSTEM")
