"""A batch takes as long as it should, and no more rows than the limits allow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outofband.backfill import Batch, Limits
from outofband.backfill.window import Window

LIMITS = Limits(target_seconds=0.5, first_rows=500, most_rows=100_000, most_bytes=1 << 20)


def test_it_begins_carefully_or_as_the_last_run_ended() -> None:
    assert Window.of(LIMITS).rows == 500
    assert Window.of(LIMITS, 7_000).rows == 7_000
    assert Window.of(LIMITS, 1_000_000).rows == 100_000


def test_it_grows_by_a_fifth_at_most() -> None:
    assert Window.of(LIMITS).after(Batch(500), 0.001).rows == 601


def test_one_slow_batch_does_not_bring_it_down_and_a_run_of_them_does() -> None:
    window = Window.of(LIMITS, 1000)
    for _ in range(10):
        window = window.after(Batch(window.rows), window.rows * 0.0004)
    steady = window.rows
    after_one = window.after(Batch(steady), 1.0)
    assert steady * 0.4 < after_one.rows < steady
    for _ in range(10):
        window = window.after(Batch(window.rows), window.rows * 0.004)
    assert window.rows < steady * 0.2


@given(st.floats(1e-5, 0.01), st.integers(1, 100_000))
def test_it_settles_where_a_batch_takes_nine_tenths_of_the_target(
    per_row: float, first: int
) -> None:
    window = Window.of(LIMITS, first)
    for _ in range(80):
        window = window.after(Batch(window.rows), window.rows * per_row)
    ideal = min(LIMITS.most_rows, LIMITS.target_seconds * 0.9 / per_row)
    assert window.rows == pytest.approx(ideal, rel=0.1, abs=2)


def test_rows_that_are_large_are_bounded_by_their_bytes() -> None:
    window = Window.of(LIMITS, 1000).after(Batch(1000, bytes=1000 * 4096), 0.01)
    assert window.rows == 256


def test_it_is_halved_down_to_one_row() -> None:
    window, sizes = Window.of(LIMITS, 5), []
    for _ in range(4):
        window = window.halved()
        sizes.append(window.rows)
    assert sizes == [2, 1, 1, 1]


def test_an_empty_batch_says_nothing() -> None:
    window = Window.of(LIMITS)
    assert window.after(Batch(0), 10.0) == window


def test_its_rates_are_of_the_work_alone() -> None:
    window = replace(Window.of(LIMITS), seconds=0.001, bytes=100.0)
    assert window.rows_per_second == pytest.approx(1000)
    assert window.bytes_per_second == pytest.approx(100_000)
    assert Window.of(LIMITS).rows_per_second is None
