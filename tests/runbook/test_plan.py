"""From where steps stand to the actions that finish them."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.catalog.facts import Observation, Worker
from outofband.model.action import (
    AwaitBuild,
    BuildIndex,
    DropConstraint,
    Promote,
    RemoveIndex,
    RenameIndex,
    RepairIndex,
)
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import Wanted, WantedStep
from outofband.runbook.plan import StepUnknown, plan, require_known

BUILD = [BuildIndex, RenameIndex]


def kinds(planned: Any) -> list[type]:
    return [type(action) for action in planned.actions]


@pytest.mark.parametrize(
    ("state", "sees_index", "pid", "expected"),
    [
        (State.ABSENT, False, None, BUILD),
        (State.INVALID, True, None, [RemoveIndex, *BUILD]),
        (State.INVALID_ENFORCING, True, None, [RemoveIndex, *BUILD]),
        (State.VALID_OTHER_NAME, True, None, [RenameIndex]),
        (State.BUILDING, True, 7, [AwaitBuild, RenameIndex]),
    ],
)
def test_what_is_done_about_an_index_follows_from_its_state(
    world: Any, state: State, sees_index: bool, pid: int | None, expected: list[type]
) -> None:
    found = world.index("by_hand") if sees_index else None
    standing = world.standing(world.create(), state, index=found, pid=pid)
    (planned,) = plan([standing], world.seen()).steps
    assert (kinds(planned), planned.obstacle) == (expected, "")


@pytest.mark.parametrize(
    "state",
    [
        State.BUILDING_ELSEWHERE,
        State.DIFFERENT,
        State.NOT_PROVABLY_EQUAL,
        State.PARTITION_INCOMPLETE,
    ],
)
@pytest.mark.parametrize("reason", ["", "a reason in words"])
def test_what_a_person_has_to_decide_is_an_obstacle(world: Any, state: State, reason: str) -> None:
    standing = world.standing(world.create(), state, index=world.index(), reason=reason)
    (planned,) = plan([standing], world.seen()).steps
    assert planned.actions == ()
    assert planned.obstacle == (reason or f"it is {state.value.replace('_', ' ')}")


def test_sql_is_made_from_the_schema_that_was_found(world: Any) -> None:
    (planned,) = plan([world.standing(world.create(), State.ABSENT)], world.seen()).steps
    build, rename = planned.actions
    assert str(build.index.table) == "public.docs"
    assert str(rename.index) == f"public.{build.index.temporary_name}"


def test_a_step_on_a_missing_table_says_so(world: Any) -> None:
    (planned,) = plan([world.standing(world.create(), State.ABSENT)], Observation({})).steps
    assert (planned.actions, planned.obstacle) == ((), "there is no table docs")


def test_what_is_done_is_not_planned(world: Any) -> None:
    done = world.standing(world.create(), State.VALID, done=True)
    assert plan([done], world.seen(world.index())).steps == ()


@pytest.mark.parametrize(("workers", "cleared"), [((), 1), ((Worker(7, "psql", None),), 0)])
def test_a_leftover_beside_what_is_done_is_cleared_away_once_nobody_works(
    world: Any, workers: tuple[Worker, ...], cleared: int
) -> None:
    standing = world.standing(world.create(), State.ABSENT)
    (planned,) = plan([standing], world.seen()).steps
    leftover = world.index(planned.actions[0].index.temporary_name, valid=False)
    done = world.standing(world.create(), State.VALID, done=True)
    planned_now = plan([done], world.seen(world.index(), leftover, workers=workers)).steps
    assert [p.actions for p in planned_now] == [(RemoveIndex(leftover.name),)] * cleared


@pytest.mark.parametrize(
    ("given", "obstacle"),
    [
        ({}, ""),
        ({"valid": False}, ""),
        ({"constraint": "docs_pkey"}, "constraint docs_pkey owns the index"),
        ({"parent": QualifiedName("whole", "public")}, "a part of public.whole"),
        ({"partitioned": True}, ""),
    ],
)
def test_an_index_is_dropped_unless_something_owns_it(
    world: Any, given: dict[str, Any], obstacle: str
) -> None:
    found = world.index(**given)
    standing = world.standing(world.drop(), State.VALID, index=found)
    (planned,) = plan([standing], world.seen(found)).steps
    assert kinds(planned) == ([] if obstacle else [RemoveIndex])
    assert obstacle in planned.obstacle


@pytest.mark.parametrize(
    ("columns", "found", "obstacle"),
    [
        (("id",), {"unique": True}, ""),
        (("id",), {}, "is not unique"),
        (("id",), {"unique": True, "valid": False}, "is not there yet"),
        (("id",), {"unique": True, "predicate": "(id > 5)"}, "is partial"),
        (("path",), {"unique": True}, "has other columns"),
        (("note",), {"unique": True, "columns": ("note",)}, "column note allows NULL"),
    ],
)
def test_a_promotion_is_planned_only_where_it_takes_milliseconds(
    world: Any, columns: tuple[str, ...], found: dict[str, Any], obstacle: str
) -> None:
    index = world.index("docs_id", *found.pop("columns", ("id",)), **found)
    standing = world.standing(world.primary_key(*columns), State.ABSENT)
    (planned,) = plan([standing], world.seen(index)).steps
    assert kinds(planned) == ([] if obstacle else [Promote])
    assert obstacle in planned.obstacle


def test_a_promotion_that_waits_for_its_index_is_planned_all_the_same(world: Any) -> None:
    standing = world.standing(world.primary_key(), State.ABSENT, waits_for=("docs_id",))
    assert kinds(plan([standing], world.seen()).steps[0]) == [Promote]


def test_another_primary_key_is_an_obstacle(world: Any) -> None:
    reason = "the table's primary key is docs_pk"
    standing = world.standing(world.primary_key(), State.DIFFERENT, reason=reason)
    assert plan([standing], world.seen()).steps[0].obstacle == reason


def cure(world: Any) -> list[Any]:
    return [
        world.standing(world.create("stand_in"), State.ABSENT),
        world.standing(world.create("docs_id", unique=True), State.ABSENT),
        world.standing(world.primary_key(), State.ABSENT, waits_for=("docs_id",)),
        world.standing(world.drop("stand_in"), State.ABSENT, waits_for=("docs_id", "docs_pkey")),
        world.standing(world.create("other", "path"), State.ABSENT),
    ]


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ((), ["stand_in", "docs_id", "docs_pkey", "stand_in", "other"]),
        (("other",), ["other"]),
        (("docs_pkey",), ["docs_id", "docs_pkey"]),
        (("stand_in",), ["stand_in", "docs_id", "docs_pkey", "stand_in"]),
        (("docs_id", "other"), ["docs_id", "other"]),
    ],
)
def test_only_adds_what_its_steps_wait_for(
    world: Any, only: tuple[str, ...], names: list[str]
) -> None:
    assert [p.step.name for p in plan(cure(world), world.seen(), only=only).steps] == names


def test_a_name_that_nothing_declares_is_a_misuse(world: Any) -> None:
    wanted = Wanted(
        steps=(WantedStep(world.create("a"), "r1"),),
        unapplied=(WantedStep(world.create("b"), "r2"),),
    )
    require_known(["a", "b"], wanted)
    with pytest.raises(StepUnknown, match="no step is called 'c'"):
        require_known(["a", "c"], wanted)


@pytest.mark.parametrize(
    ("only", "indexes", "limit", "expected"),
    [
        ((), 2, 0, None),
        (("docs_id",), 2, 0, ""),
        (("docs_id",), 1, 0, "it is the last index of a large table"),
        (("docs_id",), 1, 1 << 30, ""),
    ],
)
def test_what_is_unwanted_goes_by_name_but_never_as_a_large_tables_last_index(
    world: Any, only: tuple[str, ...], indexes: int, limit: int, expected: str | None
) -> None:
    found = [world.index(), world.index("another", "path")][:indexes]
    left = world.standing(world.create(), State.UNWANTED, index=found[0], done=True)
    planned = plan([left], world.seen(*found), only=only, inline_max_bytes=limit).steps
    assert [p.obstacle for p in planned] == ([] if expected is None else [expected])
    assert [kinds(p) for p in planned if not p.obstacle] == [[RemoveIndex]] * (expected == "")


@pytest.mark.parametrize(
    ("valid", "other_is_valid", "obstacle"),
    [
        (True, False, "it is the last index of a large table"),
        (True, True, ""),
        (False, False, ""),
    ],
)
def test_only_a_valid_index_counts_as_a_tables_last(
    world: Any, valid: bool, other_is_valid: bool, obstacle: str
) -> None:
    found = world.index(valid=valid), world.index("another", "path", valid=other_is_valid)
    left = world.standing(world.create(), State.UNWANTED, index=found[0], done=True)
    (planned,) = plan([left], world.seen(*found), only=["docs_id"]).steps
    assert planned.obstacle == obstacle


@pytest.mark.parametrize(
    ("others", "obstacle"), [(1, ""), (0, "it is the last index of a large table")]
)
def test_an_unwanted_constraint_goes_with_its_index(world: Any, others: int, obstacle: str) -> None:
    owned = world.index("docs_pkey", unique=True, constraint="docs_pkey", constraint_type="p")
    left = world.standing(world.primary_key(), State.UNWANTED, index=owned, done=True)
    seen = world.seen(owned, *[world.index()] * others)
    (planned,) = plan([left], seen, only=["docs_pkey"]).steps
    assert planned.obstacle == obstacle
    assert kinds(planned) == ([] if obstacle else [DropConstraint])


@pytest.mark.parametrize(
    ("state", "found", "expected"),
    [
        (State.ABSENT, None, [BuildIndex, RemoveIndex, RenameIndex]),
        (State.INVALID, {"valid": False}, [RemoveIndex, BuildIndex, RemoveIndex, RenameIndex]),
        (State.BUILDING, {}, [AwaitBuild, RemoveIndex, RenameIndex]),
        (State.VALID_OTHER_NAME, {}, [RemoveIndex, RenameIndex]),
        (State.CONSTRAINT_OWNED, {}, [RemoveIndex]),
    ],
)
def test_what_is_replaced_goes_once_its_successor_is_there(
    world: Any, state: State, found: dict[str, Any] | None, expected: list[type]
) -> None:
    old = world.index("docs_id", "path")
    new = None if found is None else world.index("temporary", **found)
    standing = world.standing(world.create(), state, index=new, pid=7, replaced=old)
    (planned,) = plan([standing], world.seen(old)).steps
    assert kinds(planned) == expected
    assert RemoveIndex(old.name) in planned.actions


def test_what_a_constraint_owns_is_repaired_and_not_dropped(world: Any) -> None:
    owned = world.index("docs_pkey", valid=False, unique=True, constraint="docs_pkey")
    left = world.index("docs_pkey_ccnew1", valid=False, unique=True)
    seen = world.seen(owned, left)
    for step in (world.create("docs_pkey", unique=True), world.primary_key()):
        standing = world.standing(step, State.INVALID_ENFORCING, index=owned)
        (planned,) = plan([standing], seen).steps
        removal, repair = planned.actions
        assert removal == RemoveIndex(left.name)
        assert isinstance(repair, RepairIndex)
        assert (repair.index.qualified_name, repair.index.columns) == (owned.name, ("id",))


@pytest.mark.parametrize(
    ("name", "given", "goes"),
    [
        ("docs_id_ccnew", {"valid": False}, True),
        ("docs_id_ccold2", {"valid": False}, True),
        ("docs_id_ccnew", {}, False),
        ("docs_id_ccnew", {"valid": False, "unique": True}, False),
        ("docs_idx_ccnew", {"valid": False}, False),
        ("docs_id_cc", {"valid": False}, False),
    ],
)
def test_what_a_reindex_left_beside_what_is_done_is_cleared_away(
    world: Any, name: str, given: dict[str, Any], goes: bool
) -> None:
    left = world.index(name, **given)
    done = world.standing(world.create(), State.VALID, done=True)
    planned = plan([done], world.seen(world.index(), left)).steps
    assert [p.actions for p in planned] == [(RemoveIndex(left.name),)] * goes


def test_a_plan_of_obstacles_does_nothing(world: Any) -> None:
    stuck = plan([world.standing(world.create(), State.DIFFERENT)], world.seen())
    assert stuck.does_nothing
    assert not plan([world.standing(world.create(), State.ABSENT)], world.seen()).does_nothing
