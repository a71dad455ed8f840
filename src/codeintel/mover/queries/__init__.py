"""The mover's statements, one file each; they need revision 0006."""

from __future__ import annotations

from functools import cache

from codeintel.store import sql_files


@cache
def query(name: str) -> str:
    """Return the text of ``NAME.sql`` in this folder."""
    return sql_files.read(__name__, name)
