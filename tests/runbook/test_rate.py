"""The pace of a phase and the time it may still take."""

from __future__ import annotations

import pytest

from outofband.runbook.hand import Burden, Lag, Progress
from outofband.runbook.rate import Cost, Meter, Pace, Rate

SCAN = "building index: scanning table"


def test_the_first_look_knows_no_pace() -> None:
    assert Rate().at(0.0, Progress(SCAN, 0, 1000, "blocks")) == Pace()


def test_the_pace_counts_from_where_the_phase_began() -> None:
    rate = Rate()
    rate.at(10.0, Progress(SCAN, 200, 1000, "blocks"))
    assert rate.at(12.0, Progress(SCAN, 400, 1000, "blocks")) == Pace(100.0, 6.0)
    assert rate.at(14.0, Progress(SCAN, 600, 1000, "blocks")) == Pace(100.0, 4.0)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Progress("index validation: scanning index", 5, 9, "blocks"), id="next phase"),
        pytest.param(Progress(SCAN, 0, 1000, "blocks"), id="begun again"),
        pytest.param(Progress(SCAN, 200, 1000, "blocks"), id="no progress"),
        pytest.param(Progress(SCAN, 300, 0, "blocks"), id="no total"),
    ],
)
def test_where_nothing_can_be_told_nothing_is(second: Progress) -> None:
    rate = Rate()
    rate.at(0.0, Progress(SCAN, 200, 1000, "blocks"))
    assert rate.at(1.0, second) == Pace()


def test_a_total_that_was_passed_leaves_no_negative_time() -> None:
    rate = Rate()
    rate.at(0.0, Progress(SCAN, 0, 100, "blocks"))
    assert rate.at(1.0, Progress(SCAN, 200, 100, "blocks")).seconds_left == 0.0


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(0, 0, None), (1, 4, 0.25), (4, 4, 1.0), (9, 4, 1.0)]
)
def test_a_fraction_is_never_over_one(done: int, total: int, fraction: float | None) -> None:
    assert Progress(SCAN, done, total, "blocks").fraction == fraction


def test_the_cost_counts_from_where_the_build_and_its_snapshot_began() -> None:
    meter, lag = Meter(), Lag("replica r1", 10, None)
    assert meter.at(5.0, Burden(None, 1000)) == Cost(0.0, 0, 0)
    assert meter.at(7.0, Burden(1, 1500)) == Cost(0.0, 1, 500)
    assert meter.at(9.0, Burden(40, 3000, lag)) == Cost(2.0, 40, 2000, lag)
    assert meter.at(11.0, Burden(None, 3000)) == Cost(0.0, 0, 2000)
