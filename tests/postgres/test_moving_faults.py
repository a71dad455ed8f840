"""Killed while rows move, in either direction, a runner leaves every row in one of the two tables,
and the next one finishes; a look at any moment finds all of them.
"""

from __future__ import annotations

import signal
from typing import Any

import pytest

import suites
from outofband.runbook.duplicates.policy import Dedupe, KeepNewest

pytestmark = suites.FAULTS

IDS, COPIES = 10_000, 4
KILLS = 4
"""How often a runner is killed before one may finish."""


@pytest.fixture
def crowd(db: Any) -> Any:
    """Every id four times, two of the rows identical."""
    db.sql("CREATE TABLE docs (id int NOT NULL, age int, path text)")
    db.sql(
        f"INSERT INTO docs SELECT n % {IDS}, n / {IDS} / 2, 'p' "
        f"FROM generate_series(0, {IDS * COPIES - 1}) AS n"
    )
    return db


class Census:
    """Counts rows by what they hold, over both tables at one moment."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self.born = self.all()

    def all(self) -> list[Any]:
        """The contents, as one digest, and the number of rows."""
        places = self.places()
        kept = "".join(f" UNION ALL SELECT id, age, path FROM {place}" for place in places)
        found: list[Any] = self._db.sql(
            "SELECT count(*), sum(hashtextextended((id, age, path)::text, 7)::numeric)::text "
            f"FROM (SELECT id, age, path FROM docs{kept}) AS row"
        )
        return found

    def places(self) -> list[str]:
        found: list[str] = self._db.sql(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = to_regnamespace('outofband')"
        )
        return found

    def moved(self) -> int:
        return sum(self._db.sql(f"SELECT count(*) FROM {place}")[0] for place in self.places())


def locked(db: Any, kill: int) -> Any:
    """Keep the rows of one id from a runner, which has others to move before it meets them, more
    with each ``kill``, and does not get to its end however late the machine lets a test look.
    """
    return db.transaction(
        f"SELECT FROM docs WHERE id = {IDS * (kill + 1) // (KILLS + 1)} FOR UPDATE"
    )


def locked_place(db: Any, place: str) -> Any:
    """The same of rows that go back: one that is far from being the first."""
    return db.transaction(
        f"SELECT FROM {place} WHERE ctid = "
        f"(SELECT ctid FROM {place} ORDER BY ctid OFFSET {IDS // 2} LIMIT 1) FOR UPDATE"
    )


def killed_while(census: Census, db: Any, runner: Any, *, moved: Any) -> None:
    """Kill a runner once it has moved something, looking at all rows the while."""
    before = census.moved()

    def has_begun() -> bool:
        assert census.all() == census.born
        return moved(before, census.moved()) or runner.poll() is not None

    db.eventually(has_begun, "a batch")
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    assert census.all() == census.born


@pytest.mark.parametrize(
    ("policy", "stays"),
    [(Dedupe.IDENTICAL, 2), (KeepNewest("age"), 1)],
    ids=["identical", "newest"],
)
def test_a_runner_killed_while_it_moves_rows_loses_none(
    crowd: Any, steps: Any, policy: Any, stays: int
) -> None:
    keys = ("id", "age")[:stays]
    step = steps.create("u", "docs", *keys, unique=True)
    census = Census(crowd)
    for kill in range(KILLS):
        with locked(crowd, kill):
            runner = crowd.runner(step, dedupe=policy)
            killed_while(census, crowd, runner, moved=lambda was, now: now > was)
    assert 0 < census.moved() < IDS * (COPIES - stays), "every one was killed in the middle"
    assert crowd.runner(step, dedupe=policy).wait() == 0
    assert census.all() == census.born
    assert census.moved() == IDS * (COPIES - stays)
    assert crowd.indexes() == {"u": True}


def test_a_runner_killed_while_it_puts_rows_back_loses_none(crowd: Any, steps: Any) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    census = Census(crowd)
    assert crowd.runner(step, dedupe=KeepNewest("age")).wait() == 0
    crowd.sql("DROP INDEX u")
    assert census.moved() == IDS * (COPIES - 1)
    (place,) = census.places()
    for _ in range(KILLS):
        with locked_place(crowd, place):
            runner = crowd.runner(step, undoing="u")
            killed_while(census, crowd, runner, moved=lambda was, now: now < was)
    assert census.moved() > 0
    assert crowd.runner(step, undoing="u").wait() == 0
    assert (census.moved(), census.all()) == (0, census.born)


def test_a_session_ended_while_it_moves_rows_goes_on(crowd: Any, steps: Any) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    census = Census(crowd)
    with locked(crowd, kill=0):
        runner = crowd.runner(step, dedupe=KeepNewest("age"))
        crowd.eventually(census.moved, "a batch")
        ended = crowd.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'outofband%'"
        )
    assert True in ended
    assert runner.wait() == 0
    assert census.all() == census.born
    assert census.moved() == IDS * (COPIES - 1)


def test_two_runners_at_once_move_each_row_once(crowd: Any, steps: Any) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    census = Census(crowd)
    both = [crowd.runner(step, dedupe=KeepNewest("age")) for _ in range(2)]
    assert [runner.wait() for runner in both] == [0, 0]
    assert census.all() == census.born
    assert census.moved() == IDS * (COPIES - 1)
    assert crowd.indexes() == {"u": True}


def test_two_runners_at_once_put_each_row_back_once(crowd: Any, steps: Any) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    census = Census(crowd)
    assert crowd.runner(step, dedupe=Dedupe.IDENTICAL).wait() == 1
    both = [crowd.runner(step, undoing="u") for _ in range(2)]
    assert [runner.wait() for runner in both] == [0, 0]
    assert (census.moved(), census.all()) == (0, census.born)


def test_a_writer_that_multiplies_rows_is_met_five_times_and_told(
    crowd: Any, steps: Any, screen: Any
) -> None:
    """The incident's inserter does not stop while its rows are moved."""
    step = steps.create("u", "docs", "id", unique=True)
    crowd.sql("DELETE FROM docs WHERE id > 5")

    def multiply(_: int) -> None:
        crowd.sql("INSERT INTO docs SELECT 1, 0, 'p' FROM generate_series(1, 2)")

    screen.counted = multiply
    (ending,) = crowd.apply(step, screen=screen, dedupe=KeepNewest("age"))
    assert ending.why == "new duplicates have arrived 5 times"
    assert ending.do == "Find the writer that multiplies rows"
    assert sum("rows moved from" in line for line in screen.said) == 5
