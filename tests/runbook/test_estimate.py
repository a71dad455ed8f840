"""The arithmetic of estimates: pages, different values, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.runbook.show_forecast import forecast_entries, forecast_lines
from outofband.runbook.sizing.btree import PAGE, Part, index_bytes, tuple_bytes
from outofband.runbook.sizing.distinct import Seen, distinct_in
from outofband.runbook.sizing.estimate import Estimate, Forecast, Ground, estimate, total
from outofband.runbook.sizing.pace import Look, Pace, ranges
from outofband.runbook.sizing.speed import Speed
from outofband.runbook.sizing.tuning import Tuning

INT, BIGINT = Part(4, 4), Part(8, 8)
TEXT = Part(20, 1, varies=True)
TUNING = Tuning(2, 96 * 1024)
SPEED = Speed(address=100e-9, spilt=4e-9, workers=2, shared=1.9)
LOOK = Look(heap_bytes=5 << 20, rows=50_000, read=0.004, sort=0.015)
PACE = Pace((LOOK,), SPEED, cached=0.25)
GROUND = Ground("btree", 500 << 20, 5e6, (INT,), None, pace=PACE)


@pytest.mark.parametrize(
    ("parts", "size"),
    [
        ([INT], 16),
        ([BIGINT], 16),
        ([INT, INT], 16),
        ([INT, BIGINT], 24),
        ([replace(INT, null_fraction=1.0)], 16),
        ([TEXT], 8 + 20 + 3.5),
        ([TEXT, INT], 8 + 20 + 1.5 + 4 + 3.5),
    ],
)
def test_a_tuple_is_header_values_and_padding(parts: list[Part], size: float) -> None:
    assert tuple_bytes(parts) == size


def test_a_tree_of_different_numbers_is_as_large_as_postgres_makes_it() -> None:
    # 2,000,000 different integers on 18: 44,949,504 bytes, measured.
    assert index_bytes(2e6, 16, groups=None) == pytest.approx(44_949_504, rel=0.01)


@pytest.mark.parametrize("groups", [1, 100, 2_000])
def test_equal_keys_share_tuples(groups: float) -> None:
    # 5,000,000 rows of 2,000 integers on 18: 34,783,232 bytes, measured.
    assert index_bytes(5e6, 16, groups=groups) == pytest.approx(34_783_232, rel=0.05)


def test_an_empty_index_is_two_pages() -> None:
    assert index_bytes(0, 16, groups=None) == 2 * PAGE


@pytest.mark.parametrize(
    ("rows", "seen", "different"),
    [
        (1e6, Seen(10_000, 10_000, 10_000), 1e6),
        (1e6, Seen(10_000, 3, 0, 3, 10_000), 3),
        (1e6, Seen(10_000, 5_001, 5_000, 1, 5_000), 500_001),
        (10_000, Seen(10_000, 77, 5), 77),
        (1e6, Seen(0, 0, 0), 1e6),
    ],
)
def test_different_values_are_told_from_a_sample(rows: float, seen: Seen, different: float) -> None:
    assert distinct_in(rows, seen) == pytest.approx(different, rel=0.01)


def test_values_that_occur_twice_are_told_within_a_tenth() -> None:
    # Of pairs, a sample of one row in a hundred has one pair in a hundred whole.
    assert distinct_in(1e6, Seen(10_000, 9_950, 9_900)) == pytest.approx(5e5, rel=0.1)


def test_workers_shorten_a_build_and_always_spill_its_sort() -> None:
    alone = estimate(GROUND, Tuning(0, 64 * 1024))
    shared = estimate(GROUND, TUNING)
    assert alone.seconds is not None
    assert shared.seconds is not None
    assert 0.4 < shared.seconds / alone.seconds < 0.9
    assert estimate(GROUND, Tuning(0, 4 << 20)).sort_bytes == 0
    assert estimate(GROUND, Tuning(2, 4 << 20)).sort_bytes == shared.sort_bytes == 5e6 * 20


def test_temporary_files_are_those_of_the_larger_sort() -> None:
    small = estimate(replace(GROUND, rows=1e6), TUNING)
    assert (small.check_bytes, small.temp_bytes) == (0, 2e7)
    assert estimate(GROUND, Tuning(0, 100 << 10)).check_bytes == 6e7


def test_a_server_that_is_half_as_fast_takes_twice_as_long() -> None:
    slow_look = replace(LOOK, read=2 * LOOK.read, sort=2 * LOOK.sort)
    slow = Pace((slow_look,), replace(SPEED, address=200e-9, spilt=8e-9))
    quick, late = (estimate(replace(GROUND, pace=p), TUNING).seconds for p in (PACE, slow))
    assert quick is not None
    assert late == pytest.approx(2 * quick)


def test_workers_shorten_a_build_by_no_more_than_they_shortened_a_sort() -> None:
    one_core = replace(PACE, speed=replace(SPEED, shared=1.0))
    alone, beside = (estimate(replace(GROUND, pace=one_core), Tuning(n, 96 << 10)) for n in (0, 2))
    assert alone.seconds == pytest.approx(beside.seconds, rel=0.1)


def test_a_time_is_the_median_of_the_looks_and_says_how_far_they_are_apart() -> None:
    looks = [replace(LOOK, read=LOOK.read * times) for times in (10, 1, 2)]
    made = [estimate(replace(GROUND, pace=Pace((look,), SPEED)), TUNING) for look in looks]
    several = estimate(replace(GROUND, pace=Pace(tuple(looks), SPEED, 0.25)), TUNING)
    slowest, quickest, middle = (one.seconds for one in made)
    assert slowest is not None
    assert quickest is not None
    assert several.seconds == middle
    assert several.between == pytest.approx((quickest / 1.5, slowest * 1.5))
    assert several.method == "by 3 looks at 1,920 pages of the table, 25% of them cached"


@pytest.mark.parametrize("pages", [0, 1, 7, 200, 999, 1_000, 12_345, 10_000_000])
@pytest.mark.parametrize("each", [4, 50, 1_000])
def test_no_page_of_a_large_table_is_looked_at_twice(pages: int, each: int) -> None:
    looks = [ranges(pages, each, look, 3) for look in range(3)]
    for look in looks:
        assert all(0 <= first <= end <= pages for first, end in look)
        assert sum(end - first for first, end in look) <= each
    if pages > each and pages >= 12:
        seen = sorted(part for look in looks for part in look)
        assert all(end <= first for (_, end), (first, _) in pairwise(seen))
        assert seen[-1][0] >= pages * 0.9


@pytest.mark.parametrize("method", ["gin", "gist", "brin", "hash", "spgist"])
def test_what_is_not_known_of_other_methods_is_not_invented(method: str) -> None:
    made = estimate(replace(GROUND, method=method), TUNING)
    assert (made.size_bytes, made.temp_bytes, made.wal_bytes, made.seconds) == (None,) * 4
    assert method in made.notes[0]


def test_without_a_measurement_there_is_a_size_and_no_time() -> None:
    made = estimate(replace(GROUND, pace=None), TUNING)
    assert made.size_bytes
    assert made.seconds is None


@pytest.mark.parametrize(("amounts", "sum_"), [([], None), ([1.0, 2.0], 3.0), ([1.0, None], None)])
def test_a_sum_with_an_unknown_part_is_unknown(amounts: list[Any], sum_: float | None) -> None:
    assert total(amounts) == sum_


def forecast(made: Estimate, *reasons: str) -> Forecast:
    index = Index("docs_id", QualifiedName("docs", "public"), (Key.of("id"),))
    return Forecast(index, made, Tuning(2, 98304, (("max_parallel_workers", "2"),), reasons))


KNOWN = Estimate(20 << 20, 10 << 20, 1 << 20, 18 << 20, 65.0, (40.0, 100.0), "by 3 looks")


def test_a_forecast_in_words_adds_up_and_tells_why() -> None:
    lines = forecast_lines([forecast(KNOWN, "a: b", "c: d"), forecast(KNOWN, "a: b", "c: d")])
    assert lines == [
        "takes about 40 MB of index, 10 MB of temporary files, 36 MB of WAL, 2 min 10 s "
        "(1 min 20 s to 3 min 20 s, by 3 looks)",
        "with a: b; c: d",
    ]


def test_what_is_not_known_is_left_out_and_its_reason_told() -> None:
    nothing = Estimate(notes=("not estimated: why",))
    assert forecast_lines([forecast(nothing)]) == ["not estimated: why"]
    assert forecast_lines([forecast(KNOWN), forecast(nothing)])[0] == "not estimated: why"
    assert forecast_entries([forecast(nothing)])[0]["seconds"] is None
    assert forecast_lines([]) == []
