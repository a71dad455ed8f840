"""DROP of what the schema tracks.

Source: PostgreSQL 18, DROP TABLE and its sisters.
"""

from __future__ import annotations

from outofband_lint.reader.cursor import Cursor
from outofband_lint.statement import (
    DropMaterializedView,
    DropSchema,
    DropTable,
    DropType,
    Statement,
)


def behaviour(cursor: Cursor) -> bool:
    """Read CASCADE or RESTRICT where one stands; True for CASCADE."""
    return cursor.accept_any("cascade", "restrict") == "cascade"


def drop_table(cursor: Cursor) -> Statement:
    """Read DROP [FOREIGN] TABLE."""
    cursor.expect("drop")
    cursor.accept("foreign")
    cursor.expect("table")
    if_exists = cursor.accept("if", "exists")
    tables = cursor.listed(cursor.name)
    return DropTable(tables, if_exists=if_exists, cascade=behaviour(cursor))


def drop_materialized_view(cursor: Cursor) -> Statement:
    """Read DROP MATERIALIZED VIEW."""
    cursor.expect("drop", "materialized", "view")
    if_exists = cursor.accept("if", "exists")
    views = cursor.listed(cursor.name)
    return DropMaterializedView(views, if_exists=if_exists, cascade=behaviour(cursor))


def drop_schema(cursor: Cursor) -> Statement:
    """Read DROP SCHEMA."""
    cursor.expect("drop", "schema")
    if_exists = cursor.accept("if", "exists")
    names = cursor.listed(cursor.identifier)
    return DropSchema(names, if_exists=if_exists, cascade=behaviour(cursor))


def drop_type(cursor: Cursor) -> Statement:
    """Read DROP TYPE or DROP DOMAIN."""
    cursor.expect("drop")
    if cursor.accept_any("type", "domain") is None:
        cursor.fail("TYPE or DOMAIN")
    if_exists = cursor.accept("if", "exists")
    types = cursor.listed(cursor.name)
    return DropType(types, if_exists=if_exists, cascade=behaviour(cursor))
