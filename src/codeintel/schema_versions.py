"""The backfill that enters which versions the rows of older dumps have.

From revisions 0008 to 0010 on triggers keep the bounds of what comes; what was there before is
entered here, dump by dump along the metadata. The smallest and the largest version of a dump are
the ends of an index (0011), so a dump costs a few page reads however many rows it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from codeintel.store.rows import DEFINITIONS, DOCUMENTS, REFERENCES
from outofband.backfill import Batch, Cursor, Progress, Size, Spec, Unit

TABLES: Final = (DOCUMENTS, DEFINITIONS, REFERENCES)

#: The metadata of a dump are locked first and are what a deletion takes first: a dump that is being
#: deleted or replaced is waited for, and then is not there, or has the bounds of its trigger.
_ENTER = """
WITH dumps AS MATERIALIZED (
    SELECT dump_id FROM lsif_data_metadata
    WHERE dump_id > %(after)s ORDER BY dump_id LIMIT %(dumps)s FOR KEY SHARE
), entered AS (
    INSERT INTO {table}_schema_versions AS bounds
        (dump_id, min_schema_version, max_schema_version)
    SELECT dumps.dump_id, lowest.schema_version, highest.schema_version
    FROM dumps
    CROSS JOIN LATERAL (
        SELECT schema_version FROM {table} AS stored WHERE stored.dump_id = dumps.dump_id
        ORDER BY schema_version LIMIT 1
    ) AS lowest
    CROSS JOIN LATERAL (
        SELECT schema_version FROM {table} AS stored WHERE stored.dump_id = dumps.dump_id
        ORDER BY schema_version DESC LIMIT 1
    ) AS highest
    ORDER BY dumps.dump_id
    ON CONFLICT (dump_id) DO UPDATE SET
        min_schema_version = least(bounds.min_schema_version, excluded.min_schema_version),
        max_schema_version = greatest(bounds.max_schema_version, excluded.max_schema_version)
)
SELECT count(*), max(dump_id) FROM dumps
"""

#: A dump without rows in a table has no bounds there, and is done.
_PROGRESS = """
SELECT
    count(*) FILTER (WHERE
        EXISTS (SELECT FROM {table}_schema_versions AS bounds WHERE bounds.dump_id = dump.dump_id)
        OR NOT EXISTS (SELECT FROM {table} AS stored WHERE stored.dump_id = dump.dump_id)
    ),
    count(*)
FROM lsif_data_metadata AS dump
"""

_WRONG = """
SELECT count(*)
FROM (
    SELECT dump_id, min(schema_version) AS lowest, max(schema_version) AS highest
    FROM {table} GROUP BY dump_id
) AS stored
FULL JOIN {table}_schema_versions AS bounds USING (dump_id)
WHERE bounds.min_schema_version IS NULL OR stored.lowest IS NULL
    OR bounds.min_schema_version > stored.lowest OR bounds.max_schema_version < stored.highest
"""


class SeedSchemaVersions(Spec):
    """Enter the bounds of every dump that has rows; a unit is a table, its cursor a dump's id."""

    repeats = True

    def progress(self, connection: Any) -> Progress:
        """Count the dumps with bounds, once for each table."""
        counts = [connection.execute(_PROGRESS.format(table=t)).fetchone() for t in TABLES]
        return Progress(sum(done for done, _ in counts), sum(total for _, total in counts), "dumps")

    def units(self, connection: Any) -> Iterable[Unit]:  # noqa: ARG002 (the same at any time)
        """Return the tables."""
        return [Unit(table) for table in TABLES]

    def batch(self, connection: Any, unit: Unit, cursor: Cursor, size: Size) -> Batch:
        """Enter the bounds of the next ``size.rows`` dumps."""
        given = {"after": cursor or 0, "dumps": size.rows}
        count, last = connection.execute(_ENTER.format(table=unit.key), given).fetchone()
        return Batch(rows=count, cursor=last if count == size.rows else None)

    def verify(self, connection: Any) -> Iterable[str]:
        """Compare the bounds with the rows, all of which it reads."""
        for table in TABLES:
            [wrong] = connection.execute(_WRONG.format(table=table)).fetchone()
            if wrong:
                yield f"dumps of {table} whose versions are not within their bounds: {wrong:,}"


SEED: Final = SeedSchemaVersions()
