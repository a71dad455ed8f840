"""What an operator has given up stands in nobody's way, is told, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import copying
from copying import NAME, Copying, run
from outofband.backfill import Abandoned, Keyset
from outofband.backfill.orders import Orders
from outofband.backfill.outcome import Verdict
from outofband.postgres.session import Session
from outofband.postgres.source import Url


class Telling(Copying):
    """Tells how many rows of its units were given up."""

    def given_up(self, connection: Any, abandoned: Sequence[Abandoned]) -> int:
        units = [one.unit for one in abandoned]
        sql = (
            "SELECT count(*) FROM src WHERE unit = ANY (%s) AND unit NOT IN (SELECT unit FROM dst)"
        )
        return int(connection.execute(sql, [units]).fetchone()[0])


@pytest.fixture
def units(db: Any) -> Any:
    """Five units of ten rows."""
    for statement in copying.SCHEMA:
        db.sql(statement)
    db.sql("INSERT INTO src SELECT 'u' || n % 5, n FROM generate_series(1, 50) AS n")
    return db


@pytest.fixture
def orders(units: Any) -> Iterator[Orders]:
    """What an operator orders of it."""
    with Session(Url(units.url)) as session:
        yield Orders(session, NAME, "tests:spec")


def test_all_but_what_was_given_up_is_finished(units: Any, orders: Orders) -> None:
    spec = Telling(damaged=("u3",))
    assert run(units.url, spec).verdict is Verdict.QUARANTINED
    assert orders.abandon("unit", "u3", "nobody reads it") == 1
    assert run(units.url, spec).verdict is Verdict.FINISHED
    (told,) = orders.aside()
    assert (told["unit"], told["reason"]) == ("u3", "the file is truncated")
    assert told["because"] == "nobody reads it"


def test_what_is_in_no_quarantine_cannot_be_given_up(units: Any, orders: Orders) -> None:
    run(units.url, Telling(damaged=("u3",)))
    assert orders.abandon("unit", "u1", "x") == 0
    assert orders.abandon("unit", "nothing", "x") == 0
    assert orders.reclaim("unit", "u3") == 0


def test_another_chance_is_not_for_what_was_given_up(units: Any, orders: Orders) -> None:
    assert run(units.url, Telling(damaged=("u2", "u3"))).verdict is Verdict.QUARANTINED
    orders.abandon("unit", "u3", "x")
    orders.resume(quarantined=True)
    assert run(units.url, Telling()).verdict is Verdict.FINISHED
    assert units.sql("SELECT DISTINCT unit FROM dst ORDER BY 1") == ["u0", "u1", "u2", "u4"]


def test_what_is_taken_back_is_in_quarantine_again_and_nothing_is_finished(
    units: Any, orders: Orders
) -> None:
    run(units.url, Telling(damaged=("u3",)))
    orders.abandon("unit", "u3", "x")
    run(units.url, Telling())
    assert orders.reclaim("unit", "u3") == 1
    assert run(units.url, Telling()).verdict is Verdict.QUARANTINED
    orders.resume(quarantined=True)
    assert run(units.url, Telling()).verdict is Verdict.FINISHED
    assert units.sql("SELECT count(*) FROM dst") == [50]


def test_a_unit_that_is_given_up_hides_no_other_that_is_left(units: Any, orders: Orders) -> None:
    run(units.url, Telling(damaged=("u3",)))
    orders.abandon("unit", "u3", "x")
    units.sql("INSERT INTO src VALUES ('late', 1)")
    assert run(units.url, Telling(damaged=("u3", "late"))).verdict is Verdict.QUARANTINED


def test_a_spec_that_does_not_tell_what_is_given_up_is_stuck_in_words(
    units: Any, orders: Orders
) -> None:
    run(units.url, Copying(damaged=("u3",)))
    orders.abandon("unit", "u3", "x")
    outcome = run(units.url, Copying(damaged=("u3",)))
    assert outcome.verdict is Verdict.STUCK
    assert outcome.why == "every unit is done or given up, and 40 of 50 rows are done"
    assert outcome.do.startswith("Let the spec's given_up tell")


def test_rows_of_a_keyset_are_given_up_by_their_unit(units: Any, orders: Orders) -> None:
    units.sql("ALTER TABLE src ADD COLUMN half int")
    failing = Keyset("src", ["unit", "n"], {"half": "n / (n % 25)"}, "half IS NULL")
    assert run(units.url, failing, table="src").verdict is Verdict.QUARANTINED
    assert [row["key"] for row in orders.aside()] == ["u0, 25", "u0, 50"]
    assert orders.abandon("unit", "src", "they are halves of nothing") == 2
    assert run(units.url, failing, table="src").verdict is Verdict.FINISHED
    orders.resume(quarantined=False)
    units.sql("INSERT INTO src (unit, n) VALUES ('u9', 75)")
    assert run(units.url, failing, table="src").verdict is Verdict.QUARANTINED
    assert units.sql("SELECT count(*) FROM src WHERE half IS NULL") == [3]
