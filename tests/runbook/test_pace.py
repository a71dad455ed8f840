"""The looks at a table and the trials of a server: how long they may take, and what they tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.runbook.hand import StatementFailed
from outofband.runbook.sizing.btree import PAGE
from outofband.runbook.sizing.pace import BUDGET_SECONDS, pace
from outofband.runbook.sizing.speed import Speed, measure

INDEX = Index("i", QualifiedName("t", "public"), (Key.of("id"),))
SPEED = Speed(1e-7, 4e-9)
PAGES, ROWS = 100_000, 1e6
CANCELLED = StatementFailed("57014", "canceling statement due to statement timeout")


@dataclass
class Server:
    """Takes so long for each page, twice that where rows are sorted; ends what takes too long."""

    page_seconds: float = 1e-6
    free: int = 8
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        raise NotImplementedError

    def trial(self, select: str, *, settings: Mapping[str, str] | None = None) -> Sequence[Any]:
        given = settings or {}
        self.asked.append((select, given))
        ends = re.findall(r"ctid >= '\((\d+),0\)' AND ctid < '\((\d+),0\)'", select)
        pages = sum(int(end) - int(first) for first, end in ends)
        seconds = pages * self.page_seconds * (2 if "ORDER BY" in select else 1)
        workers = int(given["max_parallel_workers_per_gather"])
        launched = min(self.free, workers)
        seconds += 0.06 / (1 + launched) if "parts" in select and "100000" in select else 0.0
        if seconds * 1000 > float(
            given["statement_timeout"].removesuffix("ms").replace("s", "000")
        ):
            raise CANCELLED
        gather = {"Workers Launched": launched}
        plan = {
            "Actual Rows": pages * 10,
            "Shared Hit Blocks": pages // 4,
            "Shared Read Blocks": pages - pages // 4,
            "Plans": [gather] if workers else [],
        }
        return [{"QUERY PLAN": [{"Execution Time": seconds * 1000, "Plan": plan}]}]


def looked(server: Server, looks: int = 3) -> Any:
    return pace(server, INDEX, PAGES * PAGE, ROWS, SPEED, looks)


def test_a_look_reads_a_bounded_part_and_scales() -> None:
    found = looked(Server(page_seconds=2e-6))
    assert len(found.looks) == 3
    assert found.cached == pytest.approx(0.25)
    for look in found.looks:
        assert look.heap_bytes <= 1_000 * PAGE
        assert look.read / look.heap_bytes == pytest.approx(2e-6 / PAGE)
        assert look.sort / look.rows == pytest.approx(2e-6 / 10)


def test_every_look_is_ended_by_the_server_within_the_budget() -> None:
    server = Server()
    looked(server)
    assert {given["statement_timeout"] for _, given in server.asked} == {"300ms"}
    assert BUDGET_SECONDS == 0.3


def test_there_are_fewer_looks_when_the_budget_is_spent() -> None:
    assert len(looked(Server(page_seconds=1e-4)).looks) == 1


def test_a_look_that_is_ended_is_tried_on_fewer_pages() -> None:
    (look,) = looked(Server(page_seconds=1e-3)).looks
    assert look.heap_bytes <= 50 * PAGE


def test_what_is_too_slow_even_then_is_told() -> None:
    with pytest.raises(StatementFailed):
        looked(Server(page_seconds=1.0))


def test_a_table_without_pages_has_no_pace() -> None:
    assert pace(Server(), INDEX, 0, 0, SPEED, 3) is None


@pytest.mark.parametrize(
    ("asked", "free", "workers", "shared"),
    [(2, 8, 2, 3.0), (1, 8, 1, 3.0), (4, 1, 1, 2.0), (4, 0, 0, 1.0), (0, 8, 0, 1.0)],
)
def test_a_trial_tells_how_many_workers_were_free_and_what_they_shared(
    asked: int, free: int, workers: int, shared: float
) -> None:
    speed = measure(Server(free=free), asked)
    assert speed is not None
    assert (speed.workers, speed.shared) == (workers, pytest.approx(shared))


@pytest.mark.parametrize(("workers", "times"), [(0, 1.0), (1, 1.8), (2, 1.8)])
def test_workers_are_worth_what_was_tried(workers: int, times: float) -> None:
    assert Speed(1e-7, 4e-9, 2, 1.8).with_workers(workers) == times
