"""Whose turn it is among many databases, and what a run over all of them comes to."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outofband.runbook.fleet import (
    Concurrency,
    TargetState,
    combined,
    combined_work,
    counted,
    due,
)
from outofband.runbook.turns import in_turns


@dataclass(frozen=True)
class At:
    name: str
    host: str


def fleet(hosts: str) -> list[At]:
    return [At(str(n), host) for n, host in enumerate(hosts)]


def test_one_whose_host_is_busy_is_passed_over() -> None:
    begin = due(fleet("aab"), [], Concurrency(1, 20))
    assert [t.name for t in begin] == ["0", "2"]


def test_what_runs_counts() -> None:
    assert due(fleet("ab"), [At("x", "a")], Concurrency(1, 2)) == (At("1", "b"),)
    assert due(fleet("b"), [At("x", "a")], Concurrency(1, 1)) == ()


@settings(deadline=None)
@given(st.text("abc", max_size=30), st.integers(1, 3), st.integers(1, 5))
def test_every_target_has_its_turn_and_no_limit_is_passed(
    hosts: str, per_host: int, in_all: int
) -> None:
    lock, running, most = threading.Lock(), Counter[str](), Concurrency(per_host, in_all)
    too_many: list[Counter[str]] = []

    def work(target: At) -> str:
        with lock:
            running[target.host] += 1
            if running[target.host] > per_host or running.total() > in_all:
                too_many.append(Counter(running))
        with lock:
            running[target.host] -= 1
        return target.name

    assert in_turns(fleet(hosts), most, work) == tuple(str(n) for n in range(len(hosts)))
    assert too_many == []


def test_as_many_run_at_once_as_may() -> None:
    together = threading.Barrier(4, timeout=20)
    in_turns(fleet("aabb"), Concurrency(2, 4), lambda _: together.wait())


def test_what_one_raises_comes_after_the_turns_of_all_others() -> None:
    done: list[str] = []

    def work(target: At) -> None:
        if target.name == "0":
            raise ZeroDivisionError
        done.append(target.name)

    with pytest.raises(ZeroDivisionError):
        in_turns(fleet("aaa"), Concurrency(), work)
    assert done == ["1", "2"]


@pytest.mark.parametrize(
    ("statuses", "status"),
    [([], 0), ([0, 0], 0), ([0, 1], 1), ([1, 6, 0], 6), ([6, 5, 1], 5)],
)
def test_what_is_not_known_weighs_most_then_the_worst(statuses: list[int], status: int) -> None:
    assert combined(statuses) == status


@pytest.mark.parametrize(
    ("statuses", "acted", "status"),
    [
        ([0, 0], True, 0),
        ([0, 3], False, 3),
        ([0, 3], True, 4),
        ([3, 4], True, 4),
        ([0, 5], True, 5),
        ([3, 5], False, 5),
    ],
)
def test_of_work_it_counts_whether_anything_was_changed(
    statuses: list[int], acted: bool, status: int
) -> None:
    assert combined_work(statuses, acted=acted) == status


def test_states_are_counted_in_one_sentence() -> None:
    states = [TargetState.UNKNOWN, TargetState.DONE, TargetState.PARTLY_DONE, TargetState.DONE]
    assert counted(states) == "4 targets: 2 done, 1 partly done, 1 unknown"
    assert counted(states[:1]) == "1 target: 1 unknown"
