"""The hazards of a plan, by name, and what accepts them."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.model.action import (
    Action,
    AddNotNull,
    AddNotValid,
    AddOverPartitions,
    DeclareNotNull,
    Validate,
)
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddCheck, AddForeignKey, SetNotNull
from outofband.runbook.hazards import (
    HazardNotAccepted,
    HazardUnknown,
    flag,
    hazards,
    require_accepted,
    require_known,
)
from outofband.runbook.plan import Plan, PlannedStep, plan

DOCS = QualifiedName("docs")
CHECK = AddCheck("docs_positive", DOCS, "id > 0")
KEY = AddForeignKey("docs_kind_fkey", DOCS, ("kind",), QualifiedName("kinds"), ("name",))
NOT_NULL = SetNotNull("docs_path_set", DOCS, "path")
BUILD = ["blocks-vacuum", "holds-xmin", "writes-wal", "waits-for-transactions"]


def planned(world: Any, step: Any, state: State, *indexes: Any, **given: Any) -> Plan:
    return plan([world.standing(step, state, **given)], world.seen(*indexes))


def names(found: Plan) -> list[str]:
    return [f.hazard.name for f in hazards(found)]


def test_a_build_has_those_of_every_build(world: Any) -> None:
    found = planned(world, world.create(), State.ABSENT)
    assert names(found) == BUILD
    assert {f.tables for f in hazards(found)} == {("docs",)}


def test_a_drop_takes_an_index_from_queries_and_a_heal_does_not(world: Any) -> None:
    index = world.index()
    dropped = planned(world, world.drop(), State.VALID, index, index=index)
    assert names(dropped) == ["waits-for-transactions", "drops-index"]
    left = world.index(world.create().index.temporary_name, valid=False)
    assert names(planned(world, world.create(), State.INVALID, left, index=left)) == BUILD


def test_a_promotion_locks_the_table_and_a_renaming_nothing(world: Any) -> None:
    promoted = planned(world, world.primary_key("id"), State.ABSENT, world.index(unique=True))
    assert names(promoted) == ["locks-table-briefly"]
    by_hand = world.index("by_hand")
    renamed = planned(world, world.create(), State.VALID_OTHER_NAME, by_hand, index=by_hand)
    assert hazards(renamed) == ()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (AddNotValid(CHECK), ["locks-table-briefly"]),
        (AddNotValid(KEY), ["stops-writes-to-both-tables"]),
        (AddOverPartitions(KEY), ["stops-writes-to-both-tables"]),
        (AddNotNull(NOT_NULL), ["locks-table-briefly"]),
        (DeclareNotNull(NOT_NULL), ["locks-table-briefly"]),
        (Validate(DOCS, "docs_positive"), ["reads-every-row"]),
    ],
)
def test_a_constraint_locks_briefly_and_is_validated_at_length(
    world: Any, action: Action, expected: list[str]
) -> None:
    standing = world.standing(CHECK, State.ABSENT)
    assert names(Plan((PlannedStep(standing, (action,)),))) == expected


def test_the_flag_to_paste_accepts_the_plan_and_one_less_does_not(world: Any) -> None:
    found = planned(world, world.create(), State.ABSENT)
    assert flag(hazards(found)) == f"--accept {','.join(BUILD)}"
    require_accepted(found, BUILD)
    with pytest.raises(HazardNotAccepted, match="writes-wal") as refused:
        require_accepted(found, [name for name in BUILD if name != "writes-wal"])
    assert flag(hazards(found)) in str(refused.value)


def test_a_hazard_that_does_not_exist_is_refused_with_those_that_do() -> None:
    require_known(BUILD)
    with pytest.raises(HazardUnknown, match="Known are blocks-vacuum, holds-xmin"):
        require_known(["blocks-vacum"])
