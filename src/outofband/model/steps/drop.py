"""Steps that take away a table or a column, with what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName, quote


@dataclass(frozen=True, slots=True)
class DropTable:
    """Wanted: no table of that name. ``after`` None means after every earlier step on it."""

    name: str
    table: QualifiedName
    after: tuple[str, ...] | None = None

    kind = "drop_table"

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody reads it."""
        return f"DROP TABLE {self.table}"


@dataclass(frozen=True, slots=True)
class DropColumn:
    """Wanted: no column of that name. ``after`` None means after every earlier step on its
    table.
    """

    name: str
    table: QualifiedName
    column: str
    after: tuple[str, ...] | None = None

    kind = "drop_column"

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody reads it."""
        return f"ALTER TABLE {self.table} DROP COLUMN {quote(self.column)}"


Drop = DropTable | DropColumn
"""What is taken away with what it holds."""
