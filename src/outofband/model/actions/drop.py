"""What is done to take a table or a column away."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName, quote
from outofband.model.statement import Statement
from outofband.model.step import Drop


@dataclass(frozen=True, slots=True)
class DropForeignKey:
    """Drop a foreign key: AccessExclusive on both tables, for milliseconds. One at a time, so that
    what is dropped in the end locks itself alone.
    """

    table: QualifiedName
    name: str

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(self.name)}"
        return Statement(sql, bounded=True)


@dataclass(frozen=True, slots=True)
class TakeAway:
    """Drop a table or a column: AccessExclusive on the table and all its partitions, for
    milliseconds, whatever they hold: files go after the locks (measured on 14 to 18).
    """

    step: Drop

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(self.step.plain_sql, bounded=True)
