"""The statements that keep two stores right, one file each: tombstones, moved files, the mode.

They need revision 0006. The statements in which a dump is asked are in ``queries``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import psycopg

from codeintel.store import sql_files


@cache
def statement(name: str) -> str:
    """Return the text of ``NAME.sql`` in this folder."""
    return sql_files.read(__name__, name)


def ask(cursor: psycopg.RawCursor[Any], name: str, *parameters: object) -> tuple[Any, ...]:
    """Run a statement of one row and return it."""
    row = cursor.execute(statement(name), parameters).fetchone()
    assert row is not None, f"{name} has always a row"
    return tuple(row)


def tell(cursor: psycopg.RawCursor[Any], name: str, *parameters: object) -> int:
    """Run a statement and return how many rows it changed."""
    return cursor.execute(statement(name), parameters).rowcount


def named_statements() -> dict[str, str]:
    """Return name -> text of every statement."""
    return {name: statement(name) for name in sql_files.names(__name__)}
