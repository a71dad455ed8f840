"""Which steps may run beside each other, and that each lane keeps its order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.catalog.facts import Observation
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import CreateIndex
from outofband.runbook.parallel import lanes
from outofband.runbook.plan import Plan, PlannedStep


@pytest.fixture
def tables(world: Any) -> Observation:
    """Tables a, b and c, and one that is partitioned into p1 and p2."""
    (facts,) = world.seen().tables.values()
    names = ("a", "b", "c", "p1", "p2")
    plain = {n: replace(facts, oid=oid) for oid, n in enumerate(names, start=10)}
    split = replace(facts, oid=20, partitions=(plain["p1"], plain["p2"]))
    found = {**plain, "p": split, "public.a": plain["a"]}
    return Observation({QualifiedName(*reversed(n.split("."))): t for n, t in found.items()})


def step(world: Any, name: str, table: str, *waits_for: str) -> PlannedStep:
    made = world.create(name)
    on = replace(made.index, table=QualifiedName(*reversed(table.split("."))))
    return PlannedStep(world.standing(CreateIndex(on), State.ABSENT, waits_for=waits_for))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), ()),
        ((("i", "a"), ("j", "b")), ((0,), (1,))),
        ((("i", "a"), ("j", "b"), ("k", "a"), ("l", "public.a")), ((0, 2, 3), (1,))),
        ((("i", "a"), ("j", "b", "i"), ("k", "c")), ((0, 1), (2,))),
        ((("i", "a"), ("j", "b"), ("k", "c", "i", "j")), ((0, 1, 2),)),
        ((("i", "p1"), ("j", "p2")), ((0,), (1,))),
        ((("i", "p1"), ("j", "p2"), ("k", "p")), ((0, 1, 2),)),
        ((("i", "gone"), ("j", "gone")), ((0,), (1,))),
    ],
)
def test_what_shares_a_table_or_waits_shares_a_lane(
    world: Any, tables: Observation, steps: Any, expected: Any
) -> None:
    plan = Plan(tuple(step(world, *given) for given in steps))
    assert lanes(plan, tables) == expected
