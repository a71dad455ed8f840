"""Statements about domains.

Source: PostgreSQL 18, CREATE DOMAIN, ALTER DOMAIN.
"""

from __future__ import annotations

from outofband_lint.names import QualifiedName
from outofband_lint.reader.constraint import column_constraint, table_constraint
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.drop import behaviour
from outofband_lint.reader.types import data_type
from outofband_lint.statement import (
    AlterDomain,
    Constraint,
    CreateDomain,
    RenameType,
    SetTypeSchema,
    Statement,
)

_STARTS_CONSTRAINT = ("constraint", "not", "null", "check", "default", "collate")


def create_domain(cursor: Cursor) -> Statement:
    """Read CREATE DOMAIN."""
    cursor.expect("create", "domain")
    name = cursor.name()
    cursor.accept("as")
    base = data_type(cursor)
    not_null, default = False, None
    constraints: list[Constraint] = []
    while not cursor.at_end():
        named = cursor.identifier() if cursor.accept("constraint") else None
        if cursor.accept("not", "null"):
            not_null = True
        elif cursor.accept("default"):
            default = cursor.expression(lambda: cursor.sees_any(*_STARTS_CONSTRAINT))
        elif cursor.accept("collate"):
            cursor.name()
        elif not cursor.accept("null"):
            constraints.append(column_constraint(cursor, "value", named))
    return CreateDomain(name, base, not_null, default, tuple(constraints))


def alter_domain(cursor: Cursor) -> Statement:
    """Read ALTER DOMAIN."""
    cursor.expect("alter", "domain")
    domain = cursor.name()
    if cursor.accept("rename", "to"):
        return RenameType(domain, cursor.identifier())
    if cursor.accept("set", "schema"):
        return SetTypeSchema(domain, cursor.identifier())
    return _action(cursor, domain)


def _action(cursor: Cursor, domain: QualifiedName) -> AlterDomain:
    if cursor.accept("add"):
        return _add(cursor, domain)
    if cursor.accept("validate", "constraint"):
        return AlterDomain(domain, "validate_constraint", constraint_name=cursor.identifier())
    if cursor.accept("drop", "constraint"):
        cursor.accept("if", "exists")
        name = cursor.identifier()
        behaviour(cursor)
        return AlterDomain(domain, "drop_constraint", constraint_name=name)
    if cursor.accept("rename", "constraint"):
        name = cursor.identifier()
        cursor.expect("to")
        cursor.identifier()
        return AlterDomain(domain, "rename_constraint", constraint_name=name)
    return _property(cursor, domain)


def _add(cursor: Cursor, domain: QualifiedName) -> AlterDomain:
    if cursor.sees("not", "null") or cursor.sees("not", "null", ahead=2):
        name = cursor.identifier() if cursor.accept("constraint") else None
        cursor.expect("not", "null")
        added = Constraint("not_null", name, ("value",))
    else:
        added = table_constraint(cursor)
    return AlterDomain(domain, "add_constraint", added, added.name)


def _property(cursor: Cursor, domain: QualifiedName) -> AlterDomain:
    if cursor.accept("set", "not", "null"):
        return AlterDomain(domain, "set_not_null")
    if cursor.accept("drop", "not", "null"):
        return AlterDomain(domain, "drop_not_null")
    if cursor.accept("drop", "default"):
        return AlterDomain(domain, "drop_default")
    action: str = "set_default" if cursor.accept("set", "default") else "owner"
    if action == "owner":
        cursor.expect("owner", "to")
    cursor.skip_rest()
    return AlterDomain(domain, "set_default" if action == "set_default" else "owner")
