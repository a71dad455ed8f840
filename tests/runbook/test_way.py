"""Who is in the way of a detach, and for how long the runbook stands aside for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from outofband.model.action import Detach, FinishDetach, RemoveIndex
from outofband.model.names import QualifiedName
from outofband.runbook import way
from outofband.runbook.hand import Progress

LOG, PART = QualifiedName("log", "public"), QualifiedName("log 1", "public")
FINALIZE = FinishDetach(LOG, PART)
BLOCKER = {"application_name": "web", "role": "app"}
Life = tuple[float, float]
"""The seconds at which a transaction comes and is over."""


@dataclass
class Scene:
    """Transactions that come and go, a clock that only waiting moves, what was seen and asked."""

    lives: list[Life]
    now: float = 0.0
    seen: list[Progress] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)

    def rows(self, _: str, given: Any) -> list[dict[str, Any]]:
        self.asked.append(given)
        there = enumerate(self.lives, start=1)
        return [
            {"transaction": f"3/{n}", "pid": n, **BLOCKER}
            for n, (comes, goes) in there
            if comes <= self.now < goes
        ]

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return False

    @contextmanager
    def awaiting(self, _: str) -> Iterator[Callable[[Progress], None]]:
        yield self.seen.append

    def world(self) -> Any:
        stopped = SimpleNamespace(wait=self.wait)
        return SimpleNamespace(hand=self, screen=self, patient=SimpleNamespace(stopped=stopped))


@pytest.fixture
def sent_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Scene], float]:
    """Return the function that tells when a step is sent: at once after the last look."""

    def get(scene: Scene) -> float:
        monkeypatch.setattr(way.time, "monotonic", lambda: scene.now)
        asked = way.Way("goes", scene.world())
        while asked.was_awaited(FINALIZE):
            scene.now += 0.05
        return round(scene.now, 1)

    return get


@pytest.mark.parametrize(
    ("lives", "at"),
    [
        pytest.param([], 0.0, id="nobody"),
        pytest.param([(0, 0.1)], 0.2, id="one who is done soon"),
        pytest.param([(n / 10, n / 10 + 0.15) for n in range(50)], 0.2, id="always another"),
        pytest.param([(0, 30.1)], 30.2, id="one who stays"),
        pytest.param([(0, 5), (4, 9), (8, 12.1)], 12.3, id="one after the other"),
    ],
)
def test_a_statement_is_sent_once_nobody_is_left_who_was_there_before(
    sent_at: Callable[[Scene], float], lives: list[Life], at: float
) -> None:
    assert sent_at(Scene(lives)) == pytest.approx(at, abs=0.11)


def test_where_that_moment_does_not_come_more_is_tolerated_up_to_a_second(
    sent_at: Callable[[Scene], float],
) -> None:
    overlapping = Scene([(n * 0.4, n * 0.4 + 0.9) for n in range(100)])
    assert 1 < sent_at(overlapping) < 11
    longer = Scene([(n * 0.4, n * 0.4 + 1.7) for n in range(100)])
    assert sent_at(longer) > 40


def test_what_is_waited_for_is_told_with_every_look(sent_at: Callable[[Scene], float]) -> None:
    scene = Scene([(0, 0.5)])
    sent_at(scene)
    assert {p.phase for p in scene.seen} == {"waiting for old snapshots before FINALIZE"}
    assert [b.pid for p in scene.seen for b in p.waits_for] == [1, 1, 1]


@pytest.mark.parametrize(
    ("action", "asked"),
    [
        (
            Detach(LOG, PART),
            {"relations": ["public.log", 'public."log 1"'], "snapshots": False},
        ),
        (FINALIZE, {"relations": ['public."log 1"'], "snapshots": True}),
        (RemoveIndex(PART), None),
    ],
)
def test_only_those_are_asked_for_whom_the_statement_would_wait_for(
    action: Any, asked: dict[str, Any] | None
) -> None:
    scene = Scene([])
    assert not way.Way("goes", scene.world()).was_awaited(action)
    assert scene.asked == ([asked] if asked else [])
