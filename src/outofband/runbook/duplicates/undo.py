"""Put the rows of a step back from quarantine into the table they were taken from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import Reader, Row, query
from outofband.model.names import OUR_SCHEMA, QualifiedName, literal, quote
from outofband.runbook.duplicates.hazards import require_returnable
from outofband.runbook.duplicates.move import in_batches
from outofband.runbook.duplicates.quarantine import OWN_COLUMNS
from outofband.runbook.hand import Hand, StatementFailed
from outofband.runbook.reach import NotAllowed
from outofband.runbook.stuck import Stuck
from outofband.runbook.world import World

_CURSOR = "outofband_places"
_UNFIT = ("22", "23")
"""Classes of SQLSTATE that speak of one row: its values do not fit, or a constraint forbids it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of one step in one quarantine table; ``source`` None where their table is gone."""

    place: QualifiedName
    source_oid: int
    source: QualifiedName | None
    rows: int


@dataclass(slots=True)
class Returned:
    """How many rows went back, and how many stay for which SQLSTATE."""

    rows: int = 0
    left: Counter[str] = field(default_factory=Counter)


def held(reader: Reader, step: str, tables: Sequence[int] = ()) -> tuple[Held, ...]:
    """Find the rows that were moved for a step, out of ``tables`` and their partitions where any
    are given (oids), else out of whichever table. Raises NotAllowed where the role may not look.
    """
    places = reader.rows(query("quarantines"), {"schema": OUR_SCHEMA})
    for row in (row for row in places if not row["may_take"]):
        place = QualifiedName(row["name"], OUR_SCHEMA)
        raise NotAllowed(
            f"role {row['role']} may not take rows out of {place}, which may have some of {step}",
            f"Let {row['owner']} run GRANT SELECT, DELETE ON {place} TO {quote(row['role'])};",
        )
    return tuple(
        Held(
            place,
            row["source_oid"],
            QualifiedName(row["name"], row["schema"]) if row["name"] else None,
            row["rows"],
        )
        for place in (QualifiedName(row["name"], OUR_SCHEMA) for row in places)
        for row in reader.rows(_held_sql(place), {"step": step, "tables": list(tables)})
    )


def _held_sql(place: QualifiedName) -> str:
    return _HELD.format(place=str(place).replace("%", "%%"))


_HELD = """
    SELECT outofband_source::oid::bigint AS source_oid, n.nspname::text AS schema,
           c.relname::text AS name, count(*) AS rows
      FROM {place} AS q
      LEFT JOIN pg_class AS c ON c.oid = q.outofband_source
      LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE outofband_step = %(step)s
       AND (cardinality(%(tables)s::bigint[]) = 0
            OR outofband_source::oid IN (
                   SELECT asked FROM unnest(%(tables)s::bigint[]::oid[]) AS asked
                   UNION ALL
                   SELECT relid::oid FROM unnest(%(tables)s::bigint[]::oid[]) AS asked
                   CROSS JOIN LATERAL pg_partition_tree(asked)))
     GROUP BY 1, 2, 3
     ORDER BY 2, 3
"""


def put_back(
    world: World,
    found: Held,
    table: TableFacts,
    step: str,
    moved: Callable[[int], None] = lambda _: None,
) -> Returned:
    """Put rows back, in batches; what the table does not take any more stays where it is.

    Each batch is one statement and so one transaction: killed at any moment, every row is in
    exactly one of the two tables, and the next run takes what is left. Raises Stuck where the
    rows would not be what they were.
    """
    hand = world.hand
    require_returnable(hand, table)
    columns = _columns(hand, found, table)
    back = _back_sql(found, table.name, columns)
    fetch = _places(hand, found, step)
    done = Returned()

    def send(batch: Sequence[Row]) -> None:
        try:
            given = {"places": [row["place"] for row in batch], "step": step}
            done.rows += int(hand.write(back, given)[0]["n"])
        except StatementFailed as failed:
            if failed.sqlstate[:2] not in _UNFIT:
                raise
            if len(batch) == 1:
                done.left[failed.sqlstate] += 1
                return
            half = len(batch) // 2
            send(batch[:half])
            send(batch[half:])
        moved(done.rows)

    in_batches(world, fetch, send)
    return done


def _columns(hand: Hand, found: Held, table: TableFacts) -> tuple[str, ...]:
    """Return the columns to fill: those kept, but for what the table generates by itself."""
    place = hand.rows("SELECT to_regclass(%(n)s)::oid::bigint AS oid", {"n": str(found.place)})
    kept = [r["name"] for r in hand.rows(query("shape"), {"table": place[0]["oid"]})]
    now = {r["name"]: r for r in hand.rows(query("shape"), {"table": table.oid})}
    lost = [name for name in kept if name not in now and name not in OWN_COLUMNS]
    if lost:
        raise Stuck(
            f"{table.name} has no column {', '.join(lost)} any more, and the moved rows have",
            f"Rename or drop it in {found.place} as was done in {table.name}, then run this again",
        )
    return tuple(n for n in kept if n not in OWN_COLUMNS and not now[n]["generated"])


def _places(hand: Hand, found: Held, step: str) -> Callable[[int], Sequence[Row]]:
    if hand.rows("SELECT FROM pg_cursors WHERE name = %(name)s", {"name": _CURSOR}):
        hand.write(f"CLOSE {_CURSOR}")
    hand.write(
        f"DECLARE {_CURSOR} NO SCROLL CURSOR WITH HOLD FOR SELECT ctid::text AS place"
        f" FROM {found.place} WHERE outofband_step = {literal(step)}"
        f" AND outofband_source::oid = {found.source_oid} ORDER BY {found.place}.ctid"
    )
    return lambda count: hand.write(f"FETCH {count} FROM {_CURSOR}")


def _back_sql(found: Held, table: QualifiedName, columns: tuple[str, ...]) -> str:
    names = ", ".join(map(quote, columns)).replace("%", "%%")
    place, source = (str(name).replace("%", "%%") for name in (found.place, table))
    return f"""
        WITH outofband_back AS (
            DELETE FROM {place}
             WHERE ctid = ANY (%(places)s::tid[]) AND outofband_step = %(step)s
               AND outofband_source::oid = {found.source_oid}
            RETURNING {names}),
        outofband_put AS (
            INSERT INTO {source} ({names}) OVERRIDING SYSTEM VALUE
            SELECT {names} FROM outofband_back RETURNING 1)
        SELECT count(*) AS n FROM outofband_put
    """
