"""Workers and memory of a build, from what the server's settings say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.runbook.sizing.speed import Speed
from outofband.runbook.sizing.tuning import MEMORY_PER_PROCESS_KB, Machine, as_it_is, tuned

MB, GB, TB = 1 << 20, 1 << 30, 1 << 40
STOCK = Machine(
    version=180000,
    processes=8,
    parallel_workers=8,
    maintenance_workers=2,
    memory_kb=64 * 1024,
    shared_buffers_kb=128 * 1024,
    least_parallel_kb=8 * 1024,
    temp_file_limit_kb=-1,
)


def chosen(heap: int = GB, sort: float = GB, beside: int = 1, **settings: Any) -> dict[str, str]:
    return dict(tuned(replace(STOCK, **settings), "btree", heap, sort, beside).parameters)


def test_stock_settings_have_memory_for_one_worker_and_ours_for_two() -> None:
    assert as_it_is(STOCK, "btree", GB).workers == 1
    assert tuned(STOCK, "btree", GB, 400 * MB).workers == 2
    assert chosen(sort=400 * MB) == {
        "max_parallel_maintenance_workers": "2",
        "maintenance_work_mem": f"{3 * MEMORY_PER_PROCESS_KB}kB",
    }


@pytest.mark.parametrize(
    ("settings", "workers"),
    [
        ({}, "2"),
        ({"maintenance_workers": 4, "shared_buffers_kb": 4 << 20}, "4"),
        ({"parallel_workers": 32, "processes": 32, "shared_buffers_kb": 4 << 20}, "5"),
        ({"parallel_workers": 32, "processes": 32, "shared_buffers_kb": 4 << 20, "heap": TB}, "8"),
        ({"parallel_workers": 1}, "1"),
        ({"processes": 0}, "0"),
        ({"maintenance_workers": 0}, "0"),
        ({"shared_buffers_kb": 16 * 1024, "memory_kb": 16 * 1024}, "0"),
        ({"beside": 4}, "2"),
        ({"beside": 8}, "1"),
        ({"heap": 7 * MB}, "0"),
        ({"heap": 8 * MB}, "1"),
    ],
)
def test_workers_follow_what_the_owner_has_set(settings: dict[str, Any], workers: str) -> None:
    assert chosen(**settings)["max_parallel_maintenance_workers"] == workers


@pytest.mark.parametrize("memory_kb", [16 << 10, 64 << 10, 1 << 20, 8 << 20])
@pytest.mark.parametrize("sort", [0, MB, GB, TB, 100 * TB])
@pytest.mark.parametrize("shared_kb", [16 << 10, 128 << 10, 16 << 20])
def test_memory_is_enough_for_each_worker_and_never_more_than_the_machine_shows(
    memory_kb: int, sort: float, shared_kb: int
) -> None:
    machine = replace(STOCK, memory_kb=memory_kb, shared_buffers_kb=shared_kb)
    tuning = tuned(machine, "btree", TB, sort)
    assert tuning.memory_kb <= max(memory_kb, shared_kb)
    if tuning.workers:
        assert tuning.memory_kb >= MEMORY_PER_PROCESS_KB * (tuning.workers + 1)


def test_a_sort_that_is_larger_gets_memory_to_merge_it_at_once() -> None:
    room = replace(STOCK, shared_buffers_kb=16 << 20)
    small, large = (tuned(room, "btree", TB, sort).memory_kb for sort in (GB, TB))
    assert small < large < 1 << 20
    runs = TB / 3 / (large * 1024 / 3)
    assert runs * 264 <= large / 3 * 1.01


def test_memory_that_is_not_needed_is_left_to_others() -> None:
    assert tuned(replace(STOCK, memory_kb=8 << 20), "btree", GB, GB).memory_kb < 256 * 1024


def test_each_choice_has_its_reason() -> None:
    tuning = tuned(STOCK, "btree", GB, GB)
    assert len(tuning.reasons) == len(tuning.parameters)
    assert tuning.reasons[0] == "2 workers: max_parallel_maintenance_workers is 2"
    assert tuned(STOCK, "btree", 9 * MB, MB).reasons[0].endswith("the table is too small for more")
    wide = replace(STOCK, parallel_workers=16, processes=16, shared_buffers_kb=1 << 20)
    told = tuned(wide, "btree", GB, GB).reasons[0]
    assert told == "4 workers: a quarter of max_parallel_workers (16)"


@pytest.mark.parametrize("method", ["gist", "hash", "spgist"])
def test_what_no_worker_can_build_is_left_alone(method: str) -> None:
    assert tuned(STOCK, method, GB, GB).parameters == ()


@pytest.mark.parametrize(
    ("method", "version", "workers"),
    [("brin", 160000, 0), ("brin", 170000, 2), ("gin", 170000, 0), ("gin", 180000, 2)],
)
def test_other_methods_have_workers_since_the_server_gives_them(
    method: str, version: int, workers: int
) -> None:
    assert tuned(replace(STOCK, version=version), method, GB, GB).workers == workers


@pytest.mark.parametrize("memory_kb", [64 << 10, 1 << 20])
def test_memory_that_a_gin_index_could_use_is_not_taken_away(memory_kb: int) -> None:
    machine = replace(STOCK, memory_kb=memory_kb)
    assert tuned(machine, "gin", GB, GB).memory_kb == max(memory_kb, 3 * MEMORY_PER_PROCESS_KB)


@pytest.mark.parametrize(
    ("workers", "shared", "chosen_", "why"),
    [
        (2, 2.8, 2, "max_parallel_maintenance_workers is 2"),
        (1, 2.8, 1, "1 were free when it was tried"),
        (2, 1.9, 2, "max_parallel_maintenance_workers is 2"),
        (2, 1.4, 1, "a sort by 3 processes was 1.4 times as fast as by 1"),
        (2, 1.0, 1, "a sort by 3 processes was 1.0 times as fast as by 1"),
        (0, 1.0, 0, "0 were free when it was tried"),
    ],
)
def test_no_more_workers_than_were_free_and_helped_when_they_were_tried(
    workers: int, shared: float, chosen_: int, why: str
) -> None:
    tried = replace(STOCK, speed=Speed(1e-7, 4e-9, workers, shared))
    tuning = tuned(tried, "btree", GB, GB)
    assert tuning.workers == chosen_
    assert tuning.reasons[0].endswith(why)


@pytest.mark.parametrize(
    ("limit_mb", "settings", "workers"),
    [
        (400, {}, 2),
        (200, {}, 3),
        (150, {}, 4),
        (100, {}, 6),
        (100, {"shared_buffers_kb": 16 * 1024}, 6),
        (100, {"speed": Speed(1e-7, 4e-9, 2, 1.1)}, 6),
        (10, {}, 2),
        (100, {"parallel_workers": 4}, 2),
        (100, {"maintenance_workers": 0}, 6),
        (-1, {}, 2),
    ],
)
def test_workers_are_raised_ahead_so_that_none_writes_as_much_as_temp_file_limit(
    limit_mb: int, settings: dict[str, Any], workers: int
) -> None:
    limited = replace(STOCK, temp_file_limit_kb=limit_mb << 10, **settings)
    tuning = tuned(limited, "btree", GB, 401 * MB)
    assert tuning.workers == workers
    if workers > 2:
        assert dict(tuning.parameters)["min_parallel_table_scan_size"] == "0"
        assert tuning.reasons[0].startswith(f"{workers} workers: temp_file_limit ({limit_mb} MB)")
        assert len(tuning.reasons) == len(tuning.parameters)
