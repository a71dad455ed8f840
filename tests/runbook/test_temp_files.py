"""Answers to temp_file_limit: more workers, a raised limit, or the words for a superuser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.runbook.temp_files import MEMORY_PER_PROCESS_KB, GiveUp, Means, Retry, answer

GIGABYTE = 1 << 30
MEANS = Means(
    role="app",
    limit_kb=1024,
    memory_kb=65536,
    maintenance_workers=2,
    workers=8,
    may_raise_limit=False,
    server_version=180000,
)


def test_more_workers_come_first_with_memory_for_each() -> None:
    given = answer(replace(MEANS, may_raise_limit=True), GIGABYTE)
    assert isinstance(given, Retry)
    parameters = dict(given.parameters)
    assert parameters["max_parallel_maintenance_workers"] == "8"
    assert parameters["maintenance_work_mem"] == f"{9 * MEMORY_PER_PROCESS_KB}kB"
    assert "temp_file_limit" not in parameters


def test_memory_is_never_lowered() -> None:
    given = answer(replace(MEANS, memory_kb=4 << 20), GIGABYTE)
    assert isinstance(given, Retry)
    assert dict(given.parameters)["maintenance_work_mem"] == f"{4 << 20}kB"


def test_then_the_limit_is_raised_where_that_is_allowed() -> None:
    given = answer(replace(MEANS, maintenance_workers=8, may_raise_limit=True), GIGABYTE)
    assert isinstance(given, Retry)
    assert given.parameters == (("temp_file_limit", "32768kB"),)


@pytest.mark.parametrize(
    ("given", "does"),
    [
        ({}, "Let a superuser run GRANT SET ON PARAMETER temp_file_limit TO app;"),
        (
            {"role": "My App"},
            'Let a superuser run GRANT SET ON PARAMETER temp_file_limit TO "My App";',
        ),
        (
            {"server_version": 140000},
            "Let a superuser run ALTER ROLE app SET temp_file_limit = '2097152kB';",
        ),
    ],
)
def test_else_the_words_for_a_superuser_are_told(given: dict[str, Any], does: str) -> None:
    told = answer(replace(MEANS, maintenance_workers=8, **given), GIGABYTE)
    assert isinstance(told, GiveUp)
    assert told.do == does


@pytest.mark.parametrize("limit_kb", [0, 1, 1024, 10**6])
@pytest.mark.parametrize("heap_bytes", [0, 8192, GIGABYTE, 1 << 40])
@pytest.mark.parametrize("may", [True, False])
def test_answers_come_to_an_end(limit_kb: int, heap_bytes: int, may: bool) -> None:
    means = replace(MEANS, limit_kb=limit_kb, may_raise_limit=may)
    for _ in range(7):
        given = answer(means, heap_bytes)
        if isinstance(given, GiveUp):
            return
        parameters = dict(given.parameters)
        if limit := parameters.get("temp_file_limit"):
            assert int(limit.removesuffix("kB")) > means.limit_kb
            means = replace(means, limit_kb=int(limit.removesuffix("kB")))
        if workers := parameters.get("max_parallel_maintenance_workers"):
            assert int(workers) > means.maintenance_workers
            means = replace(means, maintenance_workers=int(workers))
    pytest.fail("every answer costs a build, and these were seven")
