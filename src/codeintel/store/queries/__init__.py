"""The store's statements, one file each, as PostgreSQL reads them (parameters are ``$1``, …)."""

from __future__ import annotations

from functools import cache

from codeintel.store import sql_files


@cache
def query(name: str) -> str:
    """Return the text of ``NAME.sql`` in this folder."""
    return sql_files.read(__name__, name)


def named_queries() -> dict[str, str]:
    """Return name -> text of every statement, for whoever wants to know what the store will ask."""
    return {name: query(name) for name in sql_files.names(__name__)}
