"""Make tables in our schema, where another run may be making them at the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from outofband.catalog.reader import Row
from outofband.model.names import OUR_SCHEMA
from outofband.runbook.hand import StatementFailed

MADE_MEANWHILE = ("42P06", "42P07", "42710", "42723", "23505")
"""A schema, a relation, a type or a function is there by now, or its row in the catalog is."""


class Writer(Protocol):
    """A session that writes."""

    def write(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run one statement."""
        ...


def make(session: Writer, statements: Iterable[str], *, has_schema: bool) -> None:
    """Run the statements, the schema before them where it is not there. Raises StatementFailed."""
    # CREATE SCHEMA IF NOT EXISTS asks for the privilege even where the schema is there.
    schema = () if has_schema else (f"CREATE SCHEMA IF NOT EXISTS {OUR_SCHEMA}",)
    for statement in (*schema, *statements):
        try:
            session.write(statement)
        except StatementFailed as failed:
            if failed.sqlstate not in MADE_MEANWHILE:
                raise
