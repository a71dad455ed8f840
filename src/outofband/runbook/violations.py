"""The rows that a constraint would be violated by: as the query that lists them, and counted.

Nothing here changes a row. What to do about one is a person's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from outofband.catalog.facts import TableFacts
from outofband.catalog.sight import Sight
from outofband.model.names import quote
from outofband.model.sqlstates import QUERY_CANCELED
from outofband.model.step import AddCheck, AddForeignKey, RowConstraint, SetNotNull
from outofband.runbook.hand import Prober, StatementFailed

VIOLATED = frozenset({"23502", "23503", "23514"})
"""What VALIDATE fails with on a row: NOT NULL, a foreign key, a check."""


@dataclass(frozen=True, slots=True)
class Violations:
    """Rows of a table that a constraint is violated by: how many, None where counting takes too
    long, and the ``query`` that lists them.
    """

    what: str
    query: str
    rows: int | None

    @property
    def told(self) -> str:
        """What is wrong, in one clause."""
        return self.what if self.rows is None else f"{self.what}: {self.rows:,}"


def query(step: RowConstraint, sight: Sight, table: TableFacts) -> str:
    """Return the query that lists the rows; the step's table has its schema filled in."""
    match step:
        case AddCheck(condition=condition):
            return f"SELECT * FROM {table.name} WHERE NOT ({condition})"
        case SetNotNull(column=column):
            return f"SELECT * FROM {table.name} WHERE {quote(column)} IS NULL"
        case AddForeignKey():
            return _without_referent(step, sight, table)
        case _:
            assert_never(step)


def _without_referent(step: AddForeignKey, sight: Sight, table: TableFacts) -> str:
    """A key with a NULL in it refers to nothing; under MATCH FULL only one that is all NULL."""
    referent = sight.constraint.referent if sight.constraint else None
    pairs = zip(step.referred, step.columns, strict=True)
    equal = " AND ".join(f"it.{quote(there)} = own.{quote(here)}" for there, here in pairs)
    set_ones = (f"own.{quote(column)} IS NOT NULL" for column in step.columns)
    refers = (" OR " if step.full else " AND ").join(set_ones)
    name = referent.name if referent else step.referent
    return (
        f"SELECT own.* FROM {_alone(table)}{table.name} AS own WHERE ({refers}) AND NOT EXISTS "
        f"(SELECT FROM {_alone(referent)}{name} AS it WHERE {equal})"
    )


def _alone(table: TableFacts | None) -> str:
    """A foreign key speaks of a table's own rows, not of its inheritors'."""
    return "" if table is None or table.partitioned else "ONLY "


def count(
    prober: Prober,
    step: RowConstraint,
    sight: Sight,
    table: TableFacts,
    *,
    seconds: float,
) -> Violations:
    """Count the rows that violate a constraint, for so many seconds. Raises StatementFailed."""
    listing = query(step, sight, table)
    settings = {"statement_timeout": f"{max(1, round(seconds * 1000))}ms"}
    rows: int | None = None
    try:
        (row,) = prober.trial(
            f"SELECT count(*) AS violating FROM ({listing}) AS outofband_rows", settings=settings
        )
        rows = row["violating"]
    except StatementFailed as failed:
        if failed.sqlstate != QUERY_CANCELED:
            raise
    return Violations(_what(step, table), listing, rows)


def _what(step: RowConstraint, table: TableFacts) -> str:
    match step:
        case AddCheck(name=name):
            return f"there are rows of {table.name} that do not satisfy check {name}"
        case SetNotNull(column=column):
            return f"there are rows of {table.name} that have NULL in column {column}"
        case AddForeignKey(referent=referent):
            return f"there are rows of {table.name} that refer to no row of {referent}"
        case _:
            assert_never(step)


def remedy(step: RowConstraint, listing: str) -> str:
    """Return what a person may do about the rows that the query lists."""
    match step:
        case AddCheck():
            mend = "Correct them, or declare a condition that they satisfy"
        case SetNotNull():
            mend = "Fill the column, by a backfill where there are many, and name it in after="
        case AddForeignKey():
            mend = "Insert what they refer to, set the columns to NULL, or delete them"
        case _:
            assert_never(step)
    return f"{mend}; they are {listing};"
