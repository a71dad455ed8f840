"""The runbook is killed in every phase of a build; its orphan lives on, is met, or is ended too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faults.phases import PHASES, SCAN, SNAPSHOTS, parked, phases
from faults.scene import Scene


@pytest.mark.parametrize("phase", phases(SCAN, SNAPSHOTS))
def test_the_next_run_finishes_what_the_server_went_on_with(
    scene: Scene, phase: str, ends_well: Callable[[], None]
) -> None:
    with parked(scene, phase) as (run, _):
        run.kill()
        scene.injects("kill -9 of a build")
        scene.apply().says("waiting for it")
    ends_well()


@pytest.mark.parametrize("phase", PHASES)
def test_the_next_run_heals_what_a_build_that_was_ended_too_has_left(
    scene: Scene, phase: str, ends_well: Callable[[], None]
) -> None:
    with parked(scene, phase) as (run, pid):
        run.kill()
        scene.injects("kill -9 of a build")
        scene.sql("SELECT pg_terminate_backend(%s, 5000)", pid)
        scene.injects("pg_terminate_backend of an orphan")
    ends_well()
