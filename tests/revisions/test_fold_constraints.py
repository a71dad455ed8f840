"""How foreign keys, checks and NOT NULL follow what later revisions do to their tables."""

from __future__ import annotations

import pytest
from tests.revisions.test_fold import backfill, create, wanted

from outofband.model.names import QualifiedName
from outofband.model.step import AddCheck, AddForeignKey, SetNotNull, Step

T, P = QualifiedName("t"), QualifiedName("p")
CHECK = AddCheck("c", T, "a > 0 AND b <> 'a'")
KEY = AddForeignKey("k", T, ("a",), P, ("x",))
SELF = AddForeignKey("s", T, ("a",), T, ("b",))
NOT_NULL = SetNotNull("n", T, "a")
NEW = QualifiedName("new")
APP = QualifiedName("t", "app")

FOLLOWED: list[tuple[Step, str, Step]] = [
    (CHECK, 'ALTER TABLE t RENAME COLUMN a TO "A b"', AddCheck("c", T, "\"A b\" > 0 AND b <> 'a'")),
    (CHECK, "ALTER TABLE t RENAME TO new", AddCheck("c", NEW, CHECK.condition)),
    (CHECK, "ALTER TABLE t RENAME CONSTRAINT c TO d", AddCheck("d", T, CHECK.condition)),
    (CHECK, "ALTER INDEX c RENAME TO d", CHECK),
    (CHECK, "ALTER TABLE t SET SCHEMA app", AddCheck("c", APP, CHECK.condition)),
    (KEY, "ALTER TABLE t RENAME COLUMN a TO b", AddForeignKey("k", T, ("b",), P, ("x",))),
    (KEY, "ALTER TABLE t RENAME COLUMN x TO y", KEY),
    (KEY, "ALTER TABLE p RENAME COLUMN x TO y", AddForeignKey("k", T, ("a",), P, ("y",))),
    (KEY, "ALTER TABLE p RENAME TO new", AddForeignKey("k", T, ("a",), NEW, ("x",))),
    (KEY, "ALTER TABLE p RENAME CONSTRAINT k TO d", KEY),
    (KEY, "ALTER TABLE t RENAME TO new", AddForeignKey("k", NEW, ("a",), P, ("x",))),
    (
        KEY,
        "ALTER SCHEMA public RENAME TO app",
        AddForeignKey("k", APP, ("a",), QualifiedName("p", "app"), ("x",)),
    ),
    (SELF, "ALTER TABLE t RENAME TO new", AddForeignKey("s", NEW, ("a",), NEW, ("b",))),
    (SELF, "ALTER TABLE t RENAME COLUMN b TO z", AddForeignKey("s", T, ("a",), T, ("z",))),
    (NOT_NULL, "ALTER TABLE t RENAME COLUMN a TO b", SetNotNull("n", T, "b")),
    (NOT_NULL, "ALTER TABLE t RENAME CONSTRAINT n TO m", SetNotNull("m", T, "a")),
]


@pytest.mark.parametrize(("step", "event", "left"), FOLLOWED)
def test_a_rename_carries_it_along(step: Step, event: str, left: Step) -> None:
    assert wanted(step, event) == [left]


CANCELLED: list[tuple[Step, str]] = [
    (CHECK, "ALTER TABLE t DROP COLUMN b"),
    (CHECK, "ALTER TABLE t DROP CONSTRAINT c"),
    (CHECK, "DROP TABLE t"),
    (KEY, "ALTER TABLE t DROP COLUMN a"),
    (KEY, "ALTER TABLE p DROP COLUMN x CASCADE"),
    (KEY, "ALTER TABLE t DROP CONSTRAINT IF EXISTS k"),
    (KEY, "DROP TABLE p CASCADE"),
    (NOT_NULL, "ALTER TABLE t ALTER COLUMN a DROP NOT NULL"),
    (NOT_NULL, "ALTER TABLE t DROP COLUMN a"),
    (NOT_NULL, "ALTER TABLE t DROP CONSTRAINT n"),
]


@pytest.mark.parametrize(("step", "event"), CANCELLED)
def test_a_drop_cancels_it(step: Step, event: str) -> None:
    assert wanted(step, event) == []


@pytest.mark.parametrize(
    "event",
    [
        "ALTER TABLE t DROP COLUMN other",
        "ALTER TABLE p DROP CONSTRAINT c",
        "ALTER TABLE p DROP COLUMN a",
        "ALTER TABLE t ALTER COLUMN b DROP NOT NULL",
        "DROP TABLE others",
        "DROP INDEX c",
    ],
)
def test_what_is_done_to_others_leaves_them(event: str) -> None:
    assert wanted(CHECK, KEY, NOT_NULL, event) == [CHECK, KEY, NOT_NULL]


def test_declared_again_the_last_declaration_counts() -> None:
    again = AddCheck("c", T, "a > 1")
    assert wanted(CHECK, again) == [again]


def test_a_cancelled_step_is_waited_for_no_more() -> None:
    waiting = SetNotNull("n", T, "b", after=("fill", "ix"))
    index = create("ix", "c")
    assert wanted(backfill(), index, waiting, "ALTER TABLE t DROP COLUMN c") == [
        backfill(),
        SetNotNull("n", T, "b", after=("fill",)),
    ]
