"""What is done about foreign keys, checks and NOT NULL."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName, quote
from outofband.model.statement import Statement
from outofband.model.step import Constraint, SetNotNull


@dataclass(frozen=True, slots=True)
class AddNotValid:
    """Add a constraint for new rows: for milliseconds ShareRowExclusive on both tables for a
    foreign key, AccessExclusive on the table, and all its partitions, for a check.
    """

    constraint: Constraint
    partitioned: bool = False

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(f"{self.constraint.plain_sql} NOT VALID", bounded=self.partitioned)


@dataclass(frozen=True, slots=True)
class AddOverPartitions:
    """Give a partitioned table a foreign key that each of its partitions has already, valid, which
    it takes as its parts: ShareRowExclusive on both tables and all partitions, for milliseconds.
    """

    constraint: Constraint

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(self.constraint.plain_sql, bounded=True)


@dataclass(frozen=True, slots=True)
class AddNotNull:
    """Declare a column NOT NULL for new rows, since PostgreSQL 18: AccessExclusive on the table,
    and all its partitions, for milliseconds.
    """

    step: SetNotNull
    partitioned: bool = False

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(f"{self.step.plain_sql} NOT VALID", bounded=self.partitioned)


@dataclass(frozen=True, slots=True)
class Validate:
    """Look at the rows that were there before a constraint: ShareUpdateExclusive on the table, and
    RowShare on the one that a foreign key refers to, for as long as that takes.
    """

    table: QualifiedName
    name: str

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = f"ALTER TABLE {self.table} VALIDATE CONSTRAINT {quote(self.name)}"
        return Statement(sql, harmless=True)


@dataclass(frozen=True, slots=True)
class DeclareNotNull:
    """Set a column NOT NULL that a valid check proves to be it, so that no row is read:
    AccessExclusive on the table, and all its partitions, for milliseconds.
    """

    step: SetNotNull
    partitioned: bool = False

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(self.step.column_sql, bounded=self.partitioned)
