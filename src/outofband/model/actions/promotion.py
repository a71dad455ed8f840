"""What is done about constraints made of an index."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName, quote
from outofband.model.statement import Statement
from outofband.model.step import AddConstraint, ConstraintIndex


@dataclass(frozen=True, slots=True)
class ConstrainTable:
    """Give a partitioned table a constraint, under its temporary name: AccessExclusive on that
    table alone, for milliseconds.

    Its index is invalid until each partition's is attached to it, which has to be a constraint's
    too; partitions made meanwhile get one by themselves (measured on 14 to 18).
    """

    key: ConstraintIndex

    @property
    def statement(self) -> Statement:
        """What does it."""
        index = self.key.index
        return Statement(index.constrain(self.key.kind, name=index.temporary_name, only=True))


@dataclass(frozen=True, slots=True)
class Promote:
    """Make an index a constraint: AccessExclusive on the table, for milliseconds."""

    constraint: AddConstraint

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(self.constraint.plain_sql)


@dataclass(frozen=True, slots=True)
class DropConstraint:
    """Drop a constraint and its index: AccessExclusive on the table and all its partitions, for
    milliseconds.
    """

    table: QualifiedName
    name: str
    partitioned: bool = False

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(self.name)}"
        return Statement(sql, bounded=self.partitioned)
