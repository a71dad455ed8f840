"""Work starts in its hours and while replicas are near, and what does not start says why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from outofband import ephemeral
from outofband.runbook.conditions import Conditions
from outofband.runbook.ending import End
from outofband.runbook.lag import MaxLag
from outofband.runbook.watch import Patient
from outofband.runbook.window import Hours

NOW = datetime.now().astimezone()


def until(minutes: float, seconds: float | None) -> Conditions:
    """A window that closes in some minutes, and builds that take some seconds."""
    hours = Hours(until=NOW + timedelta(minutes=minutes))
    return Conditions(hours, seconds=lambda _: seconds, now=lambda: NOW)


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (until(10, 601.0), "it takes about 10 min 1 s, and until"),
        (until(10, None), "nobody knows whether it is done by"),
        (until(-1, 1.0), "the time was up at"),
    ],
)
def test_a_build_that_would_not_be_done_in_time_is_not_started(
    docs: Any, steps: Any, screen: Any, conditions: Conditions, why: str
) -> None:
    step = steps.create("docs_id", "docs", "id")
    (ending,) = docs.apply(step, screen=screen, conditions=conditions)
    assert (ending.end, ending.acted) == (End.WAITING, False)
    assert ending.why.startswith(why)
    assert (screen.statements, docs.indexes()) == ([], {})


def test_a_build_that_is_done_in_time_is_finished_and_named(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    clock = iter([NOW] + [NOW + timedelta(minutes=20)] * 9)
    conditions = Conditions(
        Hours(until=NOW + timedelta(minutes=10)), None, lambda _: 500.0, clock.__next__
    )
    (ending,) = docs.apply(step, screen=screen, conditions=conditions)
    assert ending.end is End.DONE
    assert docs.indexes() == {"docs_id": True}


def test_one_that_fits_is_done_and_one_that_does_not_waits(docs: Any, steps: Any) -> None:
    one, two = steps.create("docs_id", "docs", "id"), steps.create("docs_path", "docs", "path")
    takes = {"docs_id": 1.0, "docs_path": 9999.0}
    hours = Hours(until=NOW + timedelta(minutes=10))
    conditions = Conditions(hours, None, lambda index: takes[index.name], lambda: NOW)
    ends = docs.apply(one, two, conditions=conditions)
    assert [ending.end for ending in ends] == [End.DONE, End.WAITING]


@pytest.fixture
def lagging(docs_on: Any) -> Any:
    """A server with a slot that nobody reads, and WAL that it keeps."""
    with ephemeral.server(settings={"synchronous_commit": "on"}) as own:
        docs = docs_on(own.url())
        docs.sql("SELECT pg_create_physical_replication_slot('standby', true)")
        docs.sql("INSERT INTO docs (id) SELECT n FROM generate_series(1001, 2000) AS n")
        yield docs


def test_nothing_starts_until_a_slot_is_near(lagging: Any, steps: Any, screen: Any) -> None:
    step, near = steps.create("docs_id", "docs", "id"), Conditions(max_lag=MaxLag(bytes=1000))
    run = lagging.beside(lambda: lagging.apply(step, screen=screen, conditions=near))
    lagging.eventually(lambda: screen.said)
    assert screen.said[0].startswith("slot standby lags ")
    assert screen.said[0].endswith("of --max-lag; nothing starts until that is over")
    assert screen.statements == []
    lagging.sql("SELECT pg_drop_replication_slot('standby')")
    assert run.result()[0].end is End.DONE


def test_a_slot_that_stays_far_is_waited_for_no_longer_than_max_wait(
    lagging: Any, steps: Any
) -> None:
    step, near = steps.create("docs_id", "docs", "id"), Conditions(max_lag=MaxLag(bytes=1000))
    (ending,) = lagging.apply(step, patient=Patient(max_wait=0.1), conditions=near)
    assert (ending.end, ending.acted) == (End.WAITING, False)
    assert ending.why.startswith("given up: slot standby lags ")
