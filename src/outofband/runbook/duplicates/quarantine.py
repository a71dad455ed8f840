"""Where moved rows are kept: a table in the schema outofband for each shape that a table has had.

Beside the row's own columns it has the step that it stood in the way of, the table it comes from
(a regclass, which renaming does not break and a dump carries along), and when it was moved.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import Reader, query
from outofband.model.names import OUR_SCHEMA, QualifiedName, clip, quote
from outofband.runbook.hand import Hand

OWN_COLUMNS = "outofband_step", "outofband_source", "outofband_moved_at"


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The quarantine of a table as it is now: its ``place``, and the ``columns`` kept there."""

    place: QualifiedName
    source: QualifiedName
    columns: tuple[str, ...]

    @property
    def create(self) -> str:
        """The statement that makes it: the table's columns and types, none of its constraints,
        defaults and generated columns.
        """
        own = "NULL::text, NULL::regclass, NULL::timestamptz"
        return (
            f"CREATE TABLE IF NOT EXISTS {self.place} ({self._names}, {', '.join(OWN_COLUMNS)})"
            f" AS SELECT {self._names}, {own} FROM ONLY {self.source} WITH NO DATA"
        )

    @property
    def _names(self) -> str:
        return ", ".join(map(quote, self.columns))


def quarantine_of(reader: Reader, table: TableFacts) -> Quarantine:
    """Return where a table's rows go: another column, or another type, is another place."""
    columns = reader.rows(query("shape"), {"table": table.oid})
    shape = [table.name.schema or "", table.name.name]
    shape += [part for column in columns for part in (column["name"], column["type"])]
    digits = hashlib.sha256("\0".join(shape).encode()).hexdigest()[:8]
    place = QualifiedName(f"{clip(table.name.name, 54)}_{digits}", OUR_SCHEMA)
    return Quarantine(place, table.name, tuple(column["name"] for column in columns))


def make(hand: Hand, quarantine: Quarantine) -> None:
    """Create what is missing of it."""
    # CREATE SCHEMA IF NOT EXISTS asks for the privilege even where the schema is there.
    if not hand.rows("SELECT FROM pg_namespace WHERE nspname = %(name)s", {"name": OUR_SCHEMA}):
        hand.write(f"CREATE SCHEMA IF NOT EXISTS {OUR_SCHEMA}")
    there = "SELECT WHERE to_regclass(%(name)s) IS NOT NULL"
    if not hand.rows(there, {"name": str(quarantine.place)}):
        hand.write(quarantine.create)
