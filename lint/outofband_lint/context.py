"""What a check may know besides the statement and the schema."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for the whole run."""

    settings: Settings
    base: Collection[str] | None

    def is_small(self, table: QualifiedName) -> bool:
        """Tell whether the project says that the table is never large."""
        return self.settings.is_small(table)

    def is_large(self, table: QualifiedName) -> bool:
        """Tell whether the table counts as large."""
        return self.settings.is_large(table)


@dataclass(frozen=True, slots=True)
class StatementContext(Context):
    """What holds for one statement: who sends it, and as which of its revision's sources."""

    revision: Revision
    source: Source
    position: int

    def existing(self, name: QualifiedName, schema: Schema) -> QualifiedName | None:
        """Return the full name of a table that somebody may be using; None for a new table.

        Existing is what an earlier revision created (with a base: one that the base has), and
        what the chain never created, since then somebody else did.
        """
        table = schema.table(name)
        if table is None:
            return name
        return table.name if self.is_existing(table) else None

    def is_existing(self, table: Table) -> bool:
        """Tell whether somebody may be using the table."""
        if table.temporary:
            return False
        if self.base is not None:
            return table.revision in self.base
        return table.revision != self.revision.id
