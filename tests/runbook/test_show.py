"""What is wanted and what would be done, as words, as JSON and as a script for psql."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddEnumValue, DetachPartition, DropColumn, Reindex, SetNotNull
from outofband.runbook.amount import size
from outofband.runbook.plan import Plan, PlannedStep, plan
from outofband.runbook.show import (
    document,
    plan_document,
    plan_lines,
    script,
    summary,
)

DOCS = QualifiedName("docs")


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 kB"),
        (1536, "1.5 kB"),
        (10 * 1024, "10 kB"),
        (8 << 20, "8.0 MB"),
        (1 << 40, "1.0 TB"),
        (5000 << 40, "5000.0 TB"),
    ],
)
def test_sizes_are_for_people(count: int, told: str) -> None:
    assert size(count) == told


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (DetachPartition("s", DOCS, QualifiedName("docs_1")), "partition docs_1"),
        (DropColumn("s", DOCS, "path"), "column path"),
        (SetNotNull("s", DOCS, "path"), "column path"),
        (Reindex("s", DOCS, "by_path"), "index by_path"),
        (AddEnumValue("s", QualifiedName("mood"), "it's"), "value 'it''s'"),
    ],
    ids=lambda given: getattr(given, "kind", ""),
)
def test_a_step_that_has_a_name_of_its_own_tells_what_of_its_table_it_is_about(
    world: Any, step: Any, told: str
) -> None:
    (entry,) = document([world.standing(step, State.ABSENT)])["steps"]
    assert entry["about"] == told


def test_a_step_as_json_has_the_keys_of_the_contract(world: Any) -> None:
    standing = world.standing(world.create(), State.ABSENT)
    assert document([standing]) == {
        "steps": [
            {
                "name": "docs_id",
                "kind": "create_index",
                "table": "docs",
                "state": "absent",
                "done": False,
                "since_revision": "r1",
            }
        ]
    }


def test_json_says_what_waits_why_and_what_could_not_be_read(world: Any) -> None:
    waiting = world.standing(
        world.primary_key(), State.DIFFERENT, waits_for=("docs_id",), reason="why"
    )
    told = document([waiting], ["r7"])
    assert told["steps"][0]["waits_for"] == ["docs_id"]
    assert told["steps"][0]["reason"] == "why"
    assert told["incomplete_revisions"] == ["r7"]


@pytest.fixture
def made(world: Any) -> Any:
    standings = [
        world.standing(world.create("docs_id", unique=True), State.ABSENT),
        world.standing(world.primary_key(), State.ABSENT, waits_for=("docs_id",)),
        world.standing(world.create("docs_x"), State.DIFFERENT, reason="it is another"),
    ]
    return plan(standings, world.seen())


def test_a_plan_as_json_holds_its_statements(made: Any) -> None:
    build, promote, stuck = plan_document(made)["steps"]
    assert build["statements"][0].startswith("CREATE UNIQUE INDEX CONCURRENTLY docs_id__ob_")
    assert build["heap_bytes"] == 1 << 30
    assert promote["statements"] == [
        "ALTER TABLE public.docs ADD CONSTRAINT docs_pkey PRIMARY KEY USING INDEX docs_id"
    ]
    assert (stuck["statements"], stuck["obstacle"]) == ([], "it is another")


def test_a_plan_in_words_has_size_order_obstacles_and_the_hazard(made: Any) -> None:
    text = "\n".join(plan_lines(made))
    assert "1. create index docs_id on docs (1.0 GB, about 1,000,000 rows)" in text
    assert "after docs_id" in text
    assert "not now: it is another" in text
    assert "hazard blocks-vacuum (docs): VACUUM, ANALYZE and ALTER wait" in text
    assert text.endswith(
        "accepted by name: --accept blocks-vacuum,holds-xmin,writes-wal,waits-for-transactions,"
        "locks-table-briefly"
    )


def test_a_plan_that_builds_nothing_has_no_hazard(world: Any) -> None:
    found = world.index("by_hand")
    renamed = world.standing(world.create(), State.VALID_OTHER_NAME, index=found)
    assert "hazard" not in "".join(plan_lines(plan([renamed], world.seen(found))))


def test_the_script_sets_each_statements_timeouts_before_it(made: Any) -> None:
    lines = script(made, 180000, "here").splitlines()
    build = next(n for n, line in enumerate(lines) if line.startswith("CREATE"))
    rename = next(n for n, line in enumerate(lines) if line.startswith("ALTER INDEX"))
    assert "SET lock_timeout = '0';" in lines[:build]
    assert "SET transaction_timeout = '0';" in lines[:build]
    assert "SET lock_timeout = '1s';" in lines[build:rename]
    assert r"\set ON_ERROR_STOP on" in lines
    assert "-- not now: it is another" in lines


def test_an_older_server_is_not_told_of_parameters_it_does_not_know(made: Any) -> None:
    assert "transaction_timeout" not in script(made, 160000, "here")


def test_a_build_left_running_is_waited_for_and_not_run(world: Any) -> None:
    building = world.standing(world.create(), State.BUILDING, index=world.index(), pid=7)
    made = plan([building], world.seen())
    assert any("that pid 7 goes on with" in line for line in plan_lines(made))
    assert "-- wait for the build of docs_id that pid 7 goes on with" in script(made, 180000, "")
    assert len(plan_document(made)["steps"][0]["statements"]) == 1


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([], "0 wanted, 0 pending"),
        ([(State.VALID, True), (State.ABSENT, False)], "2 wanted, 1 pending"),
        ([(State.VALID, True), (State.UNWANTED, True)], "1 wanted, 0 pending, 1 unwanted"),
    ],
)
def test_a_summary_counts(world: Any, states: list[tuple[State, bool]], told: str) -> None:
    assert summary(world.standing(world.create(), s, done=d) for s, d in states) == told


@pytest.mark.parametrize(
    ("kind", "told"),
    [("create", "drop unwanted index docs_id"), ("primary_key", "drop unwanted primary key")],
)
def test_what_is_unwanted_is_shown_as_going(world: Any, kind: str, told: str) -> None:
    left = world.standing(getattr(world, kind)(), State.UNWANTED)
    assert told in plan_lines(Plan((PlannedStep(left),)))[0]


def test_no_name_breaks_out_of_a_comment_of_the_script(world: Any) -> None:
    hostile = world.standing(world.create("a\nDROP TABLE docs;\r--"), State.DIFFERENT)
    made = script(Plan((PlannedStep(hostile, obstacle="b\nc"),)), 180000, "app\nd")
    comments = [line for line in made.splitlines() if not line.startswith("\\set") and line]
    assert all(line.startswith("-- ") for line in comments)
