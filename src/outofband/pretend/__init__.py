"""A server that pretends to be production: as large to the planner, and as empty as it was.

::

    with pretended(session, server.data_directory, stats) as size:
        size.explain("SELECT data FROM docs WHERE id = $1")

Tables become as long as they are in production by holes in their files, which take no room, and
statistics are those of the stats file. Nothing may read the tables meanwhile: only EXPLAIN, without
ANALYZE. Where there are no files to reach, :class:`WithoutSeqScan` answers the one question that
needs no size: whether the query has any way but to read all of a table.
"""

from outofband.pretend.explain import Explainer, QueryNotPlanned, WithoutSeqScan, undone
from outofband.pretend.inflate import NotPretendable, Pretended, pretended
from outofband.pretend.plan import Plan

__all__ = [
    "Explainer",
    "NotPretendable",
    "Plan",
    "Pretended",
    "QueryNotPlanned",
    "WithoutSeqScan",
    "pretended",
    "undone",
]
