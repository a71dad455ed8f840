"""Whether an enum has a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outofband.catalog.facts import Observation, TableFacts
from outofband.catalog.reader import Reader, query
from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddEnumValue, Step


@dataclass(frozen=True, slots=True)
class Enums:
    """Types by the names that steps use, each in the place of a table, and their labels."""

    types: Mapping[QualifiedName, TableFacts]
    labels: Mapping[QualifiedName, tuple[str, ...]]


def enums(reader: Reader, steps: Iterable[Step]) -> Enums:
    """Read the enums that steps add to; asks only where there are some."""
    asked = {str(step.table): step.table for step in steps if isinstance(step, AddEnumValue)}
    rows = reader.rows(query("enums"), {"names": [*asked]}) if asked else ()
    types, labels = {}, {}
    for row in rows:
        name = asked[row["asked"]]
        labels[name] = tuple(row["labels"])
        types[name] = TableFacts(
            oid=row["oid"],
            name=QualifiedName(row["name"], row["schema"]),
            partitioned=False,
            heap_bytes=0,
            row_estimate=-1,
            columns={},
            indexes=(),
            workers=(),
        )
    return Enums(types, labels)


def enum_sight(step: AddEnumValue, seen: Observation) -> Sight:
    """Tell whether the label is there, wherever it stands; a neighbour that is not is a reason."""
    labels = seen.labels.get(step.table)
    if labels is None:
        return Sight(State.ABSENT, reason=f"there is no enum {step.table}")
    if step.value in labels:
        return Sight(State.VALID)
    neighbour = step.before_value if step.before_value is not None else step.after_value
    if neighbour is not None and neighbour not in labels:
        return Sight(State.ABSENT, reason=f"{step.table} has no label {neighbour!r}")
    return Sight(State.ABSENT)
