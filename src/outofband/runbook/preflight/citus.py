"""Is this a worker of Citus, where the tables of the application are only known in part?"""

from __future__ import annotations

from collections.abc import Iterator

from outofband.catalog.reader import Reader, query
from outofband.runbook.preflight.finding import Finding

_THERE = """
    SELECT FROM pg_extension
     WHERE extname = 'citus' AND to_regclass('pg_catalog.pg_dist_local_group') IS NOT NULL
"""
_COORDINATOR = 0


def read_group(reader: Reader) -> int | None:
    """Return the node's group, None where Citus is not installed."""
    if not reader.rows(_THERE):
        return None
    rows = reader.rows(query("citus_group"))
    return int(rows[0]["groupid"]) if rows else _COORDINATOR


def judge_citus(group: int | None) -> Iterator[Finding]:
    """Refuse a worker: the coordinator sends CREATE INDEX CONCURRENTLY to every shard, and what is
    built past it is missing from its catalog (Citus 12, Creating and Modifying Distributed
    Objects).
    """
    if group is not None and group != _COORDINATOR:
        yield Finding(
            f"this is a Citus worker (group {group}); indexes are built through the coordinator",
            "Connect to it; SELECT nodename, nodeport FROM pg_dist_node WHERE groupid = 0;",
            stops=True,
        )
