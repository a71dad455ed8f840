"""Whether there is room for what builds write, from what they need and what there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.model.state import State
from outofband.runbook.plan import PlannedStep, plan
from outofband.runbook.preflight.room import Need, judge_disk, judge_temp_files, needs
from outofband.runbook.provider import SELF_HOSTED
from outofband.runbook.sizing.estimate import Estimate, Forecast
from outofband.runbook.sizing.tuning import Tuning
from outofband.runbook.temp_files import Means

GIB, MIB = 1 << 30, 1 << 20
BUILD = Need(index_bytes=4 * GIB, temp_bytes=3 * GIB, wal_bytes=2 * GIB, sort_bytes=3 * GIB)
MEANS = Means("app", 500 * 1024, 65536, 0, 4, may_raise_limit=False, server_version=160000)


@pytest.mark.parametrize(
    ("free", "says"),
    [
        (None, "how much is free the server does not tell"),
        (9 * GIB, None),
        (9 * GIB - 1, "9.0 GB are free"),
        (3 * GIB, "3.0 GB are free"),
    ],
)
def test_a_disk_that_is_too_small_is_told_with_what_needs_how_much(
    free: int | None, says: str | None
) -> None:
    found = list(judge_disk([BUILD], free, SELF_HOSTED))
    assert [says in f.what for f in found if says] == ([True] if says else [])
    assert [f.stops for f in found] == ([free is not None and free < 4 * GIB] if says else [])


def test_indexes_add_up_and_of_the_rest_the_largest_counts() -> None:
    small = Need(GIB, GIB, GIB, GIB)
    assert list(judge_disk([BUILD, small], 10 * GIB, SELF_HOSTED)) == []
    (found,) = judge_disk([BUILD, small], 10 * GIB - 1, SELF_HOSTED)
    assert "5.0 GB for indexes, 3.0 GB for temporary files, 2.0 GB for WAL" in found.what


def test_a_small_need_on_a_disk_that_cannot_be_seen_is_not_worth_a_word() -> None:
    assert list(judge_disk([Need(MIB, MIB, MIB, MIB)], None, SELF_HOSTED)) == []
    assert list(judge_disk([], 0, SELF_HOSTED)) == []


@pytest.fixture
def forecast(world: Any) -> Any:
    """Make a planned build that sorts so many bytes with so many workers."""

    def make(sort_bytes: int, workers: int) -> PlannedStep:
        step = world.create()
        planned = plan([world.standing(step, State.ABSENT)], world.seen()).steps[0]
        estimated = Estimate(GIB, sort_bytes, 0, GIB)
        return replace(
            planned, forecasts=(Forecast(step.index, estimated, Tuning(workers, 65536)),)
        )

    return make


@pytest.mark.parametrize(
    ("sort_bytes", "workers", "means", "stops"),
    [
        (500 * MIB, 0, MEANS, []),
        (501 * MIB, 0, MEANS, [False]),  # four workers will do it
        (1000 * MIB, 2, MEANS, []),  # as these two do
        (4 * GIB, 4, MEANS, [True]),
        (4 * GIB, 4, replace(MEANS, may_raise_limit=True), [False]),
        (4 * GIB, 0, replace(MEANS, limit_kb=-1), []),
    ],
)
def test_a_limit_that_neither_workers_nor_the_role_can_lift_stops(
    forecast: Any, sort_bytes: int, workers: int, means: Means, stops: list[bool]
) -> None:
    found = list(judge_temp_files(forecast(sort_bytes, workers), means, SELF_HOSTED))
    assert [f.stops for f in found] == stops
    assert all("GRANT SET ON PARAMETER temp_file_limit TO app;" in f.do for f in found if f.stops)


def test_what_is_not_estimated_needs_nothing_that_is_known(forecast: Any) -> None:
    planned = forecast(GIB, 2)
    assert needs(planned) == (Need(GIB, GIB, GIB, GIB // 2),)
    (known,) = planned.forecasts
    unknown = replace(known, estimate=Estimate())
    assert needs(replace(planned, forecasts=(unknown,))) == ()
