"""Where a partition stands that is to be detached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outofband.catalog.facts import AttachmentFacts, Observation
from outofband.catalog.reader import Reader, query
from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import DetachPartition, Step

Key = tuple[QualifiedName, QualifiedName]
"""A table and a partition, as their step names them."""


def attachments(reader: Reader, steps: Iterable[Step]) -> Mapping[Key, AttachmentFacts]:
    """Read what is attached of the partitions that steps detach; asks only where there are some."""
    asked = {
        (str(step.table), str(step.partition)): (step.table, step.partition)
        for step in steps
        if isinstance(step, DetachPartition)
    }
    names = {"tables": [table for table, _ in asked], "partitions": [part for _, part in asked]}
    rows = reader.rows(query("attachments"), names) if asked else ()
    return {
        asked[row["table_name"], row["partition_name"]]: AttachmentFacts(
            name=QualifiedName(row["name"], row["schema"]),
            pending=row["pending"],
            default=row["default_partition"] or "",
            other_pending=row["other_pending"] or "",
        )
        for row in rows
    }


def detach_sight(step: DetachPartition, seen: Observation) -> Sight:
    """Tell whether a partition is still one; what is not there is detached."""
    found = seen.attachments.get((step.table, step.partition))
    if found is None:
        return Sight(State.ABSENT)
    if found.pending:
        reason = "a concurrent detach of it was not finished: new queries do not see it"
        return Sight(State.DETACH_PENDING, reason=reason, attachment=found)
    return Sight(State.VALID, attachment=found)
