"""A DBA ends a session of a run that is alive: it looks again and finishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faults.phases import SNAPSHOTS, VALIDATION, parked, phases
from faults.scene import Scene, eventually

LOST = "the connection was lost; connecting again to see what is left"
HOLDER = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid <> 0 AND granted"
OTHERS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name LIKE 'outofband%%' AND pid <> %s"
)
END = "SELECT pg_terminate_backend(%s, 5000)"


@pytest.mark.parametrize("phase", phases(VALIDATION))
def test_a_build_whose_session_is_ended_is_begun_again(
    scene: Scene, phase: str, ends_well: Callable[[], None]
) -> None:
    with parked(scene, phase) as (run, pid):
        scene.sql(END, pid)
        scene.injects("pg_terminate_backend of a build")
        run.says(LOST)
    assert run.status() == 0, run.said
    ends_well()


def test_a_build_goes_on_when_the_session_that_looks_at_it_is_ended(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    with parked(scene, SNAPSHOTS) as (run, pid):

        def alone() -> list[int]:
            """The monitor, when the sessions before it have ended on the server too."""
            others: list[int] = scene.sql(OTHERS, pid)
            return others if len(others) == 1 else []

        (monitor,) = eventually(alone, "a look at the build", run)
        scene.sql(END, monitor)
        scene.injects("pg_terminate_backend of the monitor")
        run.says("nobody can look at it, while it goes on")
    assert run.status() == 0, run.said
    assert run.said.count("CREATE INDEX CONCURRENTLY docs_held") == 1
    ends_well()


def test_the_lock_of_a_table_is_taken_again_when_its_session_is_ended(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    with scene.reader():
        run = scene.apply()
        run.says("trying again")
        (holder,) = scene.sql(HOLDER)
        scene.sql(END, holder)
        scene.injects("pg_terminate_backend of a promotion")
        run.says(LOST)
    assert run.status() == 0, run.said
    ends_well()


def test_a_run_that_waits_for_another_goes_on_waiting_when_its_session_is_ended(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    with parked(scene, SNAPSHOTS) as (first, pid):
        second = scene.apply()
        second.says("waiting for it")
        waiting = [p for p in scene.sql(OTHERS, pid) if p not in scene.sql(HOLDER)]
        for process in waiting:
            scene.sql(END, process)
        scene.injects("pg_terminate_backend of a run that waits")
        second.says(LOST)
    assert (first.status(), second.status()) == (0, 0), second.said
    ends_well()
