"""Which build of an index and which step make one constraint. Pure."""

from __future__ import annotations

from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, CreateIndex, Step


def builds_and_promotions(steps: tuple[Step, ...]) -> dict[int, AddConstraint | CreateIndex]:
    """Return, by the position of one, the other of the build of an index and the step that makes a
    constraint of it.
    """
    builds: dict[tuple[QualifiedName, str], tuple[int, CreateIndex]] = {}
    pairs: dict[int, AddConstraint | CreateIndex] = {}
    for n, step in enumerate(steps):
        match step:
            case CreateIndex(index):
                builds[index.table, index.name] = n, step
            case AddConstraint(table=table, using_index=using) if (table, using) in builds:
                position, build = builds[table, using]
                pairs[position], pairs[n] = step, build
    return pairs
