"""The server stops under a run, and comes back: at once, after a while, or in recovery at first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faults.phases import SCAN, SNAPSHOTS, parked, phases
from faults.scene import Scene

LOST = "the connection was lost"


@pytest.mark.parametrize("phase", phases(SNAPSHOTS))
def test_a_run_finishes_on_a_server_that_was_stopped_at_once(
    scene: Scene, phase: str, ends_well: Callable[[], None]
) -> None:
    with parked(scene, phase) as (run, _):
        scene.restart()
        scene.injects("immediate stop and restart of the server")
    assert run.status() == 0, run.said
    assert LOST in run.said
    ends_well()


def test_a_run_finishes_on_a_server_that_was_stopped_in_order(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    with parked(scene, SCAN) as (run, _):
        scene.restart(immediate=False)
        scene.injects("fast stop and restart of the server")
    assert run.status() == 0, run.said
    ends_well()


def test_a_run_waits_for_a_server_that_stays_away_for_a_while(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    with parked(scene, SNAPSHOTS) as (run, _):
        scene.stop()
        scene.injects("server away for a while")
        run.says(LOST)
        scene.server.start()
    assert run.status() == 0, run.said
    ends_well()


@pytest.mark.every_version
def test_a_run_waits_for_a_server_that_is_in_recovery_at_first(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    """As one that takes over from another: it answers questions and refuses to write."""
    with parked(scene, SNAPSHOTS) as (run, _):
        scene.stop()
        (scene.server.data_directory / "standby.signal").touch()
        scene.server.start()
        scene.injects("server in recovery for a while")
        run.says(LOST)
    scene.sql("SELECT pg_promote()")
    assert run.status() == 0, run.said
    ends_well()
