"""Where a table or a column stands that is to be dropped, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outofband.catalog.facts import DropFacts, Observation
from outofband.catalog.reader import Reader, Row, query
from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import Drop, DropColumn, Step

Key = tuple[QualifiedName, str]
"""A table as its step names it, and the column, or an empty name for the table."""
_TABLES = "rp"


def drops(reader: Reader, steps: Iterable[Step]) -> Mapping[Key, DropFacts]:
    """Read what is there of what steps drop; asks only where there are some."""
    asked = {
        (str(table), column): (table, column)
        for table, column in (_key(s) for s in steps if isinstance(s, Drop))
    }
    names = {"tables": [table for table, _ in asked], "columns": [column for _, column in asked]}
    rows = reader.rows(query("drops"), names) if asked else ()
    return {asked[row["table_name"], row["column_name"]]: _facts(row) for row in rows}


def _key(step: Drop) -> Key:
    return step.table, step.column if isinstance(step, DropColumn) else ""


def _facts(row: Row) -> DropFacts:
    return DropFacts(
        is_table=row["kind"] in _TABLES,
        foreign_keys=tuple(
            (QualifiedName(table, schema), name) for schema, table, name in row["foreign_keys"]
        ),
        indexes=tuple(QualifiedName(name, schema) for schema, name in row["indexes"]),
        dependents=tuple(row["dependents"]),
        mentions=tuple(row["mentions"]),
        last_read_seconds=row["last_read_seconds"],
        needs_value=bool(row["needs_value"]),
        made_here=row["made_here"],
    )


def drop_sight(step: Drop, seen: Observation) -> Sight:
    """Tell whether it is still there; what goes by a table's name alone has to be one."""
    found = seen.drops.get(_key(step))
    if found is None:
        return Sight(State.ABSENT)
    if not found.is_table:
        reason = "what has the name is no table any more"
        return Sight(State.DIFFERENT, reason=reason, drop=found)
    return Sight(State.VALID, drop=found)
