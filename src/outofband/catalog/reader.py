"""The port through which the catalog is read; a connection of psycopg or of SQLAlchemy stands
behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Protocol

Row = Mapping[str, Any]


class Reader(Protocol):
    """Reads, and leaves transactions and settings as it found them."""

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run a query whose parameters are written ``%(name)s`` and return its rows by column
        name.
        """
        ...

    def explain(self, select: str) -> Sequence[str] | None:
        """Return the lines of EXPLAIN (VERBOSE, COSTS OFF) without index scans; None when the
        server refuses.
        """
        ...


@cache
def query(name: str, package: str = __package__) -> str:
    """Return the text of ``queries/NAME.sql`` in a package, this one where none is named."""
    return (resources.files(package) / "queries" / f"{name}.sql").read_text(encoding="utf-8")
