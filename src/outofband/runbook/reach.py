"""May the role look at the tables at all? Asked where one was not found, or a look was refused.

Without USAGE on a schema Postgres refuses a name in it (42501), or, where the name is left to the
search_path, finds nothing there: a version table that is not found would mean that nothing is
wanted.
"""

from __future__ import annotations

from collections.abc import Iterable

from outofband.catalog.reader import Reader, query
from outofband.errors import NothingChanged
from outofband.model.names import QualifiedName, quote
from outofband.model.sqlstates import INSUFFICIENT_PRIVILEGE
from outofband.runbook.hand import StatementFailed
from outofband.runbook.providers import read_provider


class NotAllowed(NothingChanged, StatementFailed):
    """The role lacks a privilege; ``do`` is the GRANT. Within a run it is how a statement fails."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(INSUFFICIENT_PRIVILEGE, what)
        self.do = do


def require_reachable(reader: Reader, tables: Iterable[QualifiedName]) -> None:
    """Raise NotAllowed where the role may not use the schema that one of the tables is in."""
    asked = sorted(set(tables), key=str)
    given = {"schemas": [t.schema for t in asked], "names": [t.name for t in asked]}
    for row in reader.rows(query("out_of_reach"), given):
        raise NotAllowed(
            f"role {row['role']} may not use schema {row['schema']}, where table {row['name']} is",
            f"Let {read_provider(reader).administrator} run "
            f"GRANT USAGE ON SCHEMA {quote(row['schema'])} TO {quote(row['role'])};",
        )


def require_readable(reader: Reader, table: QualifiedName) -> None:
    """Raise NotAllowed where the role may not read a table that is there."""
    may = "SELECT current_user::text AS role, has_table_privilege(%(name)s, 'SELECT') AS may"
    (row,) = reader.rows(may, {"name": str(table)})
    if not row["may"]:
        raise NotAllowed(
            f"role {row['role']} may not read {table}",
            f"Let {read_provider(reader).administrator} run "
            f"GRANT SELECT ON {table} TO {quote(row['role'])};",
        )
