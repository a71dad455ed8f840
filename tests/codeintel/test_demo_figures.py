"""p50, p95 and the stretches of the log that they are of."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeintel.demo.figures import between, figures, of_kinds, percentile, reads
from codeintel.demo.log import UPLOAD, Outcome, Request


def request(
    kind: str = "definitions",
    *,
    started: float = 0.0,
    seconds: float = 0.0,
    outcome: Outcome = Outcome.OK,
) -> Request:
    return Request(kind, 1, started, seconds, outcome)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7.0], 50, 7.0),
        ([7.0], 95, 7.0),
        ([1.0, 2.0], 50, 1.0),
        ([1.0, 2.0, 3.0], 50, 2.0),
        ([float(n) for n in range(1, 21)], 95, 19.0),
        ([float(n) for n in range(1, 101)], 95, 95.0),
        ([float(n) for n in range(1, 101)], 100, 100.0),
    ],
)
def test_a_percentile_is_the_nearest_rank(
    values: list[float], percent: float, expected: float
) -> None:
    assert percentile(values, percent) == expected


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_p50_is_the_lower_median(values: list[float]) -> None:
    assert percentile(sorted(values), 50) == statistics.median_low(values)


def test_figures_of_no_request_are_no_numbers() -> None:
    of = figures([])
    assert (of.count, of.failed, of.wrong) == (0, 0, 0)
    assert math.isnan(of.p50)
    assert math.isnan(of.p95)


def test_an_error_and_a_timeout_failed_and_another_answer_is_wrong() -> None:
    of = figures([request(outcome=outcome) for outcome in Outcome])
    assert (of.count, of.failed, of.wrong) == (4, 2, 1)


def test_a_request_belongs_to_the_stretch_in_which_it_ended() -> None:
    long = request(started=1.0, seconds=5.0)
    assert between([long], 0.0, 5.0) == []
    assert between([long], 5.0, 7.0) == [long]
    assert between([long], 0.0, 6.0) == []


def test_an_upload_is_no_read() -> None:
    upload, question = request(UPLOAD), request("document")
    assert reads([upload, question]) == [question]
    assert of_kinds([upload, question], UPLOAD) == [upload]
