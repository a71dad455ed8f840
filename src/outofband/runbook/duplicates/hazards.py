"""What forbids to move rows of a table, or to put them back, told before the first one is."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import Row, query
from outofband.model.names import quote
from outofband.runbook.duplicates.quarantine import Quarantine
from outofband.runbook.hand import Hand
from outofband.runbook.stuck import Stuck

_KINDS = {"m": "a materialized view", "f": "a foreign table", "p": "a partitioned table"}


Obstacle = tuple[str, str]
"""Why not, and what a person does about it."""


def hidden_rows(hand: Hand, table: TableFacts) -> Obstacle | None:
    """Return what hides rows of the table from the role, so that counting the others would tell
    nothing.
    """
    row = _facts(hand, table, "DELETE")
    return _hidden(row, table) if row["hides_rows"] else None


def unmovable(hand: Hand, table: TableFacts) -> Obstacle | None:
    """Return what keeps rows from being taken out of the table, whoever asks for it."""
    return next(_obstacles(_facts(hand, table, "DELETE"), table, "DELETE"), None)


def require_movable(hand: Hand, quarantine: Quarantine, table: TableFacts) -> None:
    """Raise Stuck when rows cannot be taken away from the table without harm."""
    row = _facts(hand, table, "DELETE", str(quarantine.place))
    obstacles = (
        *_obstacles(row, table, "DELETE"),
        *_replication(row, table, quarantine),
    )
    for obstacle in obstacles:
        raise Stuck(*obstacle)


def require_returnable(hand: Hand, table: TableFacts) -> None:
    """Raise Stuck when rows cannot be put back into the table as they were."""
    for obstacle in _obstacles(_facts(hand, table, "INSERT"), table, "INSERT"):
        raise Stuck(*obstacle)


def _facts(hand: Hand, table: TableFacts, action: str, place: str | None = None) -> Row:
    given = {"table": table.oid, "action": action, "place": place}
    return hand.rows(query("row_hazards"), given)[0]


def _obstacles(row: Row, table: TableFacts, action: str) -> Iterator[Obstacle]:
    """Tell what keeps rows from being taken (DELETE) or put back (INSERT) as they are."""
    deed = f"{action} on {table.name}"
    by_hand = "or move the rows by hand"
    if row["kind"] in _KINDS:
        yield f"{table.name} is {_KINDS[row['kind']]}", "Correct the rows where they come from"
    if row["hides_rows"]:
        yield _hidden(row, table)
    if row["triggers"]:
        named = ", ".join(f"trigger {name}" for name in row["triggers"])
        yield f"{deed} fires {named}", f"Disable what reaches for other rows meanwhile, {by_hand}"
    if row["rules"]:
        named = ", ".join(f"rule {name}" for name in row["rules"])
        yield f"{deed} is rewritten by {named}", f"Disable it meanwhile, {by_hand}"
    if not (row["may_read"] and row["may_write"]):
        yield (
            f"role {row['role']} may not read rows of {table.name} and {action.lower()} them",
            f"GRANT SELECT, {action} ON {table.name} TO {quote(row['role'])};",
        )


def _hidden(row: Row, table: TableFacts) -> Obstacle:
    why = f"row-level security hides rows of {table.name} from role {row['role']}"
    return why, "Run this as a role with BYPASSRLS, or as a superuser"


def _replication(row: Row, table: TableFacts, quarantine: Quarantine) -> Iterator[Obstacle]:
    """Tell what would stop here, or stop a subscriber."""
    if row["publications"]:
        named = ", ".join(row["publications"])
        yield (
            f"{table.name} has no replica identity, and publication {named} publishes deletes",
            f"ALTER TABLE {table.name} REPLICA IDENTITY FULL;",
        )
    if row["publications_of_all"] and not row["place_exists"]:
        named = ", ".join(row["publications_of_all"])
        schema = f"CREATE SCHEMA IF NOT EXISTS {quarantine.place.schema}"
        yield (
            f"publication {named} publishes every table, {quarantine.place} too",
            f"Create it on the subscribers, and then here: {schema}; {quarantine.create};",
        )
