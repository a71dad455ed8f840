"""A run, its session, its server or its network ends in the middle of what lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from estate.wire import Wire
from faults.scene import Run
from kinds.project import PARTED
from kinds.stage import KindsScene

LOST = "the connection was lost"
_LASTS = {
    "a rebuild": "^REINDEX",
    "a validation": "VALIDATE CONSTRAINT .*check",
    "a refresh": "^REFRESH",
    "a detach": "DETACH PARTITION .* CONCURRENTLY",
}
"""What a run is amid of, by the statement: it waits at a row or, to detach, for a reader."""
Held = tuple[Run, Wire, int]


@pytest.fixture(params=_LASTS)
def what(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def amid(scene: KindsScene, what: str) -> Iterator[Held]:
    """Start a run, and give it, the wire and the server process while it is amid something."""
    with scene.held(what, _LASTS[what]) as (run, held):
        with scene.reader(str(PARTED)) if what == "a detach" else scene.gate():
            held.go_on()
            yield run, held, scene.waiting(_LASTS[what], run)
        # The wire is needed for as long as the run lives.
        assert not run.alive or run.status() == 0, run.said


def test_the_next_run_finishes_what_the_server_goes_on_with(
    scene: KindsScene, what: str, ends_well: Callable[[], None]
) -> None:
    with amid(scene, what) as (run, _, _pid):
        run.kill()
        scene.injects(f"kill -9 amid {what}")
    ends_well()


def test_the_next_run_finishes_what_was_ended_too(
    scene: KindsScene, what: str, ends_well: Callable[[], None]
) -> None:
    with amid(scene, what) as (run, _, pid):
        run.kill()
        scene.sql("SELECT pg_terminate_backend(%s, 5000)", pid)
        scene.injects(f"kill -9 and pg_terminate_backend amid {what}")
    ends_well()


def test_a_run_whose_session_is_ended_looks_again_and_finishes(
    scene: KindsScene, what: str, ends_well: Callable[[], None]
) -> None:
    with amid(scene, what) as (run, _, pid):
        scene.sql("SELECT pg_terminate_backend(%s, 5000)", pid)
        scene.injects(f"pg_terminate_backend amid {what}")
        run.says(LOST)
    ends_well()


def test_a_run_finishes_on_a_server_that_was_stopped_at_once(
    scene: KindsScene, what: str, ends_well: Callable[[], None]
) -> None:
    with amid(scene, what) as (run, _, _pid):
        scene.restart()
        scene.injects(f"immediate stop and restart of the server amid {what}")
        run.says(LOST)
    ends_well()


def test_a_run_finds_its_work_again_when_the_network_is_back(
    scene: KindsScene, what: str, ends_well: Callable[[], None]
) -> None:
    with amid(scene, what) as (run, held, _pid):
        held.cut()
        scene.injects(f"network cut amid {what}")
        run.says(LOST)
    ends_well()
