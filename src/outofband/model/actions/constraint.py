"""What is done about foreign keys, checks and NOT NULL."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.actions.statement import Statement
from outofband.model.names import QualifiedName, quote
from outofband.model.step import Constraint, SetNotNull


@dataclass(frozen=True, slots=True)
class AddNotValid:
    """Add a constraint for new rows: for milliseconds ShareRowExclusive on both tables for a
    foreign key, AccessExclusive on the table, and all its partitions, for a check.
    """

    constraint: Constraint
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class AddOverPartitions:
    """Give a partitioned table a foreign key that each of its partitions has already, valid, which
    it takes as its parts: ShareRowExclusive on both tables and all partitions, for milliseconds.
    """

    constraint: Constraint


@dataclass(frozen=True, slots=True)
class AddNotNull:
    """Declare a column NOT NULL for new rows, since PostgreSQL 18: AccessExclusive on the table,
    and all its partitions, for milliseconds.
    """

    step: SetNotNull
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class Validate:
    """Look at the rows that were there before a constraint: ShareUpdateExclusive on the table, and
    RowShare on the one that a foreign key refers to, for as long as that takes.
    """

    table: QualifiedName
    name: str


@dataclass(frozen=True, slots=True)
class DeclareNotNull:
    """Set a column NOT NULL that a valid check proves to be it, so that no row is read:
    AccessExclusive on the table, and all its partitions, for milliseconds.
    """

    step: SetNotNull
    partitioned: bool = False


ConstraintAction = AddNotValid | AddOverPartitions | AddNotNull | Validate | DeclareNotNull


def constraint_statement(action: ConstraintAction) -> Statement:
    """Return the SQL of an action."""
    match action:
        case AddNotValid(constraint, partitioned):
            return _brief(f"{constraint.plain_sql} NOT VALID", bounded=partitioned)
        case AddOverPartitions(constraint):
            return _brief(constraint.plain_sql, bounded=True)
        case AddNotNull(step, partitioned):
            return _brief(f"{step.plain_sql} NOT VALID", bounded=partitioned)
        case Validate(table, name):
            sql = f"ALTER TABLE {table} VALIDATE CONSTRAINT {quote(name)}"
            return Statement(sql, unhurried=False, harmless=True)
        case DeclareNotNull(step, partitioned):
            return _brief(step.column_sql, bounded=partitioned)


def _brief(sql: str, *, bounded: bool = False) -> Statement:
    return Statement(sql, unhurried=False, bounded=bounded)
