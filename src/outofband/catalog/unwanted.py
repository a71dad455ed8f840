"""What is there of the steps that no applied revision declares. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.catalog.classify import classify, is_declared, resolved
from outofband.catalog.constraints import left_over
from outofband.catalog.facts import Observation
from outofband.catalog.pairs import builds_and_promotions
from outofband.catalog.sight import Sight
from outofband.model.state import State
from outofband.model.step import (
    AddConstraint,
    AddEnumValue,
    Backfill,
    CreateIndex,
    DetachPartition,
    Drop,
    DropIndex,
    Rebuild,
    RowConstraint,
    Step,
    Wanted,
    WantedStep,
)


def unwanted(wanted: Wanted, seen: Observation) -> Iterator[tuple[WantedStep, Sight]]:
    """Yield what exists though only an unapplied revision declares it."""
    kept = {(w.step.table, w.step.name) for w in wanted.steps}
    beside = builds_and_promotions(tuple(w.step for w in wanted.unapplied))
    for n, w in enumerate(wanted.unapplied):
        if (w.step.table, w.step.name) in kept:
            continue
        for sight in _left_over(w.step, seen, beside.get(n)):
            if sight.index is None or not is_declared(sight.index.name, wanted.declared_names):
                yield w, sight


def _left_over(
    step: Step, seen: Observation, beside: AddConstraint | CreateIndex | None
) -> list[Sight]:
    """Find the object of an unapplied step, or what a build of it left under its temporary name."""
    table = seen.table(step.table)
    if table is None or isinstance(
        step, DropIndex | Backfill | DetachPartition | Drop | Rebuild | AddEnumValue
    ):
        return []
    sight = classify(step, seen, beside=beside)
    if isinstance(step, RowConstraint):
        return left_over(step, sight)
    found, key = sight.index, sight.key
    if found is None:
        return []
    if found.name.name == step.name:
        return [Sight(State.UNWANTED, found)]
    exact, reason = resolved(step, table), f"a build left it as {found.name.name}"
    if isinstance(exact, CreateIndex) and found.name == exact.index.temporary:
        return [Sight(State.UNWANTED, found, reason=reason)]
    if isinstance(exact, AddConstraint) and key and found.name == key.index.temporary:
        return [Sight(State.UNWANTED, found, reason=reason, key=key)]
    return []
