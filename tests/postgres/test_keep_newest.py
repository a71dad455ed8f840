"""Of rows with the same keys the newest stays; what no column decides is left to a person."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from outofband.runbook.duplicates.find import Duplicates, count
from outofband.runbook.duplicates.policy import KeepNewest
from outofband.runbook.ending import End

BY_NUMBER = KeepNewest("number")


def rows_of(db: Any, table: str = "docs") -> Counter[Any]:
    return Counter(db.sql(f"SELECT id, number, note FROM {table}"))


def quarantined(db: Any) -> Counter[Any]:
    places = db.sql(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = to_regnamespace('outofband')"
    )
    return sum((rows_of(db, place) for place in places), Counter())


@pytest.fixture
def fill(db: Any) -> Any:
    """Makes ``docs`` with the rows given."""

    def make(*rows: tuple[Any, ...], number: str = "int") -> None:
        db.sql(f"CREATE TABLE docs (id int, number {number}, note text)")
        for row in rows:
            db.sql("INSERT INTO docs VALUES (%s, %s, %s)", *row)

    return make


# rows, those that stay, whether the index is built
CASES = {
    "the newest stays": (
        [(1, 1, "a"), (1, 3, "c"), (1, 2, "b"), (2, 1, "a")],
        [(1, 3, "c"), (2, 1, "a")],
        True,
    ),
    "NULL is older than everything": (
        [(1, None, "a"), (1, -5, "b"), (1, None, "c")],
        [(1, -5, "b")],
        True,
    ),
    "identical rows are one": ([(1, 3, "c"), (1, 3, "c"), (1, 2, "b")], [(1, 3, "c")], True),
    "rows that differ and are as new stay": (
        [(1, 3, "c"), (1, 3, "d"), (1, 3, "d"), (1, 2, "b")],
        [(1, 3, "c"), (1, 3, "d")],
        False,
    ),
    "so do rows that no value orders": (
        [(1, None, "a"), (1, None, "b"), (2, 1, "x"), (2, 2, "y")],
        [(1, None, "a"), (1, None, "b"), (2, 2, "y")],
        False,
    ),
    "rows without a key are no duplicates": (
        [(None, 1, "a"), (None, 2, "b"), (1, 1, "a"), (1, 2, "b")],
        [(None, 1, "a"), (None, 2, "b"), (1, 2, "b")],
        True,
    ),
}


@pytest.mark.parametrize(("rows", "stay", "built"), CASES.values(), ids=CASES)
def test_the_newest_row_of_each_group_stays(
    db: Any, steps: Any, fill: Any, rows: Any, stay: Any, built: bool
) -> None:
    fill(*rows)
    (ending,) = db.apply(steps.create("u", "docs", "id", unique=True), dedupe=BY_NUMBER)
    assert (ending.end is End.DONE, rows_of(db)) == (built, Counter(stay))
    assert rows_of(db) + quarantined(db) == Counter(rows)


def test_ties_are_told_and_how_the_column_decides(db: Any, steps: Any, fill: Any) -> None:
    fill((1, 3, "c"), (1, 3, "d"))
    (ending,) = db.apply(steps.create("u", "docs", "id", unique=True), dedupe=BY_NUMBER)
    assert "the newest rows of these groups have the same number" in ending.do
    assert not ending.acted


@pytest.mark.usefixtures("fill")
def test_what_moves_is_counted_before(steps: Any, session: Any, fill: Any) -> None:
    fill(*CASES["rows that differ and are as new stay"][0], (2, 1, "x"), (2, 2, "y"))
    index = steps.create("u", "docs", "id", unique=True).index
    found = count(session, index, BY_NUMBER)
    assert found == Duplicates(groups=2, surplus=4, identical=1, older=2, differing=1)
    assert found.movable == 3


@pytest.mark.parametrize(
    ("column", "why"),
    [("nothing", "has no column nothing"), ("number", "of number in public.docs have no order")],
)
def test_a_column_that_cannot_tell_is_refused(
    db: Any, steps: Any, fill: Any, column: str, why: str
) -> None:
    fill((1, None, "a"), (1, None, "b"), number="json")
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = db.apply(step, dedupe=KeepNewest(column))
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert why in ending.why


def test_a_row_that_became_the_newest_meanwhile_stays(
    db: Any, steps: Any, fill: Any, screen: Any
) -> None:
    """A writer makes the older one the newest while the batch waits for his lock."""
    fill((1, 1, "old"), (1, 2, "new"))
    step = steps.create("u", "docs", "id", unique=True)
    with db.transaction("UPDATE docs SET number = 9 WHERE note = 'old'") as writer:
        run = db.beside(lambda: db.apply(step, screen=screen, dedupe=BY_NUMBER))
        db.eventually(lambda: any("could not obtain lock" in line for line in screen.said))
        writer.commit()
    (ending,) = run.result()
    assert ending.end is End.DONE
    assert (rows_of(db), quarantined(db)) == ({(1, 9, "old"): 1}, {(1, 2, "new"): 1})


@pytest.mark.parametrize("column", ["order", 'quo"ted', "per%s", "outofband_step2"])
def test_the_column_may_bear_any_name(db: Any, steps: Any, column: str) -> None:
    quoted = '"' + column.replace('"', '""') + '"'
    db.sql(f"CREATE TABLE docs (id int, {quoted} timestamptz DEFAULT clock_timestamp())")
    db.sql("INSERT INTO docs VALUES (1, now()), (1, now() - interval '1 day')")
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = db.apply(step, dedupe=KeepNewest(column))
    assert (ending.end, ending.why) == (End.DONE, "")
