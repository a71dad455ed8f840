"""Whether an index was built anew, or a materialized view refreshed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outofband.catalog.facts import Observation, RebuildFacts
from outofband.catalog.reader import Reader, query
from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import Rebuild, RefreshView, Step, mark_of

_VIEW, _OVER_PARTITIONS = "m", "I"


def rebuilds(reader: Reader, steps: Iterable[Step]) -> Mapping[QualifiedName, RebuildFacts]:
    """Read what is there of what steps do anew; asks only where there are some."""
    wanted = (step for step in steps if isinstance(step, Rebuild))
    asked = {str(step.relation): step.relation for step in wanted}
    rows = reader.rows(query("rebuilds"), {"names": [*asked]}) if asked else ()
    return {
        asked[row["asked"]]: RebuildFacts(
            name=QualifiedName(row["name"], row["schema"]),
            is_view=row["kind"] == _VIEW,
            over_partitions=row["kind"] == _OVER_PARTITIONS,
            comment=row["comment"],
            populated=row["populated"],
            concurrent=row["concurrent"],
            made_here=row["made_here"],
        )
        for row in rows
    }


def rebuild_sight(step: Rebuild, seen: Observation) -> Sight:
    """Tell by the mark in its comment whether a step was done on a relation."""
    found = seen.rebuilds.get(step.relation)
    if found is None or found.is_view is not isinstance(step, RefreshView):
        what = "materialized view" if isinstance(step, RefreshView) else "index"
        return Sight(State.ABSENT, reason=f"there is no {what} {step.relation}")
    done = mark_of(step) in found.comment.splitlines()
    return Sight(State.FINISHED if done else State.ABSENT, rebuild=found)
