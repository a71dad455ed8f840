"""The constraints that the catalog has, read once for every question about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outofband.catalog.reader import Reader, Row, query
from outofband.model.names import OUR_SCHEMA, QualifiedName
from outofband_lint.schema import TableConstraint
from outofband_lint.statement import ConstraintKind

_KINDS: Mapping[str, ConstraintKind] = {
    "p": "primary_key",
    "u": "unique",
    "x": "exclude",
    "f": "foreign_key",
    "c": "check",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A constraint of a table. ``deleted`` are the rows that were deleted from the table that a
    foreign key points to.
    """

    table: QualifiedName
    constraint: TableConstraint
    deleted: int = 0


def read_constraints(reader: Reader) -> tuple[Stored, ...]:
    """Read the constraints of all tables of the user's."""
    rows = reader.rows(query("constraints", __package__), {"ours": OUR_SCHEMA})
    return tuple(map(_stored, rows))


def by_table(stored: Iterable[Stored]) -> dict[QualifiedName, list[TableConstraint]]:
    """Return the constraints of each table."""
    found: dict[QualifiedName, list[TableConstraint]] = {}
    for each in stored:
        found.setdefault(each.table, []).append(each.constraint)
    return found


def _stored(row: Row) -> Stored:
    target = row["target"]
    constraint = TableConstraint(
        row["name"],
        _KINDS[row["type"]],
        tuple(row["columns"]),
        row["validated"],
        row["expression"] if row["type"] == "c" else None,
        references=QualifiedName(target, row["target_schema"]) if target else None,
        referenced_columns=tuple(row["target_columns"]),
        on_delete=row["on_delete"],
    )
    return Stored(QualifiedName(row["table"], row["schema"]), constraint, row["deleted"] or 0)
