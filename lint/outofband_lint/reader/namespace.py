"""Statements about schemas, types and materialized views.

Source: PostgreSQL 18, CREATE SCHEMA, CREATE TYPE, CREATE MATERIALIZED VIEW, their ALTER forms.
"""

from __future__ import annotations

from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.statement import (
    AddEnumValue,
    AlterCompositeType,
    CreateMaterializedView,
    CreateSchema,
    CreateType,
    RenameEnumValue,
    RenameSchema,
    RenameType,
    SetTypeSchema,
    Statement,
    Understood,
)


def create_schema(cursor: Cursor) -> CreateSchema:
    """Read CREATE SCHEMA up to the statements in it, which are left."""
    cursor.expect("create", "schema")
    if_not_exists = cursor.accept("if", "not", "exists")
    name = None if cursor.sees("authorization") else cursor.identifier()
    if cursor.accept("authorization"):
        owner = cursor.identifier()
        name = name or owner
    if name is None:
        cursor.fail("a name")
    return CreateSchema(name, if_not_exists=if_not_exists)


def alter_schema(cursor: Cursor) -> Statement:
    """Read ALTER SCHEMA."""
    cursor.expect("alter", "schema")
    name = cursor.identifier()
    if cursor.accept("rename", "to"):
        return RenameSchema(name, cursor.identifier())
    cursor.expect("owner", "to")
    cursor.identifier()
    return Understood("alter schema")


def create_type(cursor: Cursor) -> Statement:
    """Read CREATE TYPE."""
    cursor.expect("create", "type")
    name = cursor.name()
    if cursor.accept("as", "enum"):
        labels = () if _is_empty_group(cursor) else cursor.grouped(cursor.string)
        return CreateType(name, "enum", labels)
    kind: Literal["composite", "range", "base"] = "base"
    if cursor.accept("as", "range"):
        kind = "range"
    elif cursor.accept("as"):
        kind = "composite"
    if cursor.sees_symbol("("):
        cursor.skip_group()
    return CreateType(name, kind)


def _is_empty_group(cursor: Cursor) -> bool:
    if cursor.sees_symbol("(") and cursor.sees_symbol(")", ahead=1):
        cursor.skip_group()
        return True
    return False


def alter_type(cursor: Cursor) -> Statement:
    """Read ALTER TYPE."""
    cursor.expect("alter", "type")
    name = cursor.name()
    if cursor.accept("rename", "to"):
        return RenameType(name, cursor.identifier())
    if cursor.accept("set", "schema"):
        return SetTypeSchema(name, cursor.identifier())
    if cursor.accept("add", "value"):
        return _add_value(cursor, name)
    if cursor.accept("rename", "value"):
        old = cursor.string()
        cursor.expect("to")
        return RenameEnumValue(name, old, cursor.string())
    if cursor.accept("owner", "to") or cursor.sees_symbol("(", ahead=1):
        cursor.skip_rest()
        return Understood("alter type")
    return AlterCompositeType(name, cursor.listed(lambda: _attribute_action(cursor)))


def _add_value(cursor: Cursor, name: QualifiedName) -> AddEnumValue:
    if_not_exists = cursor.accept("if", "not", "exists")
    value = cursor.string()
    if cursor.accept_any("before", "after"):
        cursor.string()
    return AddEnumValue(name, value, if_not_exists)


def _attribute_action(cursor: Cursor) -> str:
    verb = cursor.accept_any("add", "drop", "alter", "rename") or cursor.fail("an action")
    cursor.expect("attribute")
    while not (cursor.at_end() or cursor.sees_symbol(",")):
        cursor.skip_one()
    return f"{verb} attribute"


def create_materialized_view(cursor: Cursor) -> Statement:
    """Read CREATE MATERIALIZED VIEW."""
    cursor.expect("create", "materialized", "view")
    if_not_exists = cursor.accept("if", "not", "exists")
    view = cursor.name()
    cursor.skip_rest()
    return CreateMaterializedView(view, if_not_exists=if_not_exists)
