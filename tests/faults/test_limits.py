"""Limits of the server that a build meets: a full disk, temporary files, timeouts of the role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults.phases import SNAPSHOTS, parked
from faults.scene import Run, Scene, eventually
from faults.stage import Stage
from small_disk import SmallDisk, small_disk

PARTLY_DONE = 4
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
TIMEOUTS = {
    "statement_timeout": "1s",
    "lock_timeout": "50ms",
    "idle_in_transaction_session_timeout": "10ms",
    "idle_session_timeout": "1s",
}
"""Of those that may end a session before its first statement: what the machine may stop it for."""


@pytest.fixture
def disk(stage: Stage, short_path: Path) -> Iterator[SmallDisk]:
    """A disk of 3 MB below the tablespace ``small``."""
    with small_disk(stage.server, short_path, 3) as mounted:
        stage.admin(f"CREATE TABLESPACE small LOCATION '{mounted.folder}'")
        yield mounted
        stage.admin("DROP DATABASE scene WITH (FORCE)")
        stage.admin("DROP TABLESPACE small")


@pytest.mark.parametrize(
    "holds",
    [pytest.param("default_tablespace", marks=pytest.mark.every_version), "temp_tablespaces"],
)
def test_a_build_that_fills_a_disk_gives_it_back_and_comes_through_when_there_is_room(
    disk: SmallDisk, scene: Scene, holds: str, ends_well: Callable[[], None]
) -> None:
    scene.fill(200_000)
    scene.set(**{holds: "small", "maintenance_work_mem": "1MB"})
    run = scene.apply("--as-is")
    scene.injects(f"full disk ({holds})")
    assert run.status() == PARTLY_DONE, run.said
    assert "53100" in run.said
    assert scene.sql(INVALID) == []
    disk.resize(100)
    ends_well()


@pytest.mark.every_version
def test_a_build_over_temp_file_limit_comes_through_by_more_workers_or_a_higher_limit(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    scene.fill(200_000)
    scene.set(temp_file_limit="1MB", maintenance_work_mem="1MB")
    run = scene.apply("--as-is")
    scene.injects("temp_file_limit")
    assert run.status() == 0, run.said
    assert "53400" in run.said
    ends_well()


@pytest.mark.every_version
def test_timeouts_of_the_role_end_nothing(
    scene: Scene, major: int, ends_well: Callable[[], None]
) -> None:
    def begin() -> Run:
        scene.set(**TIMEOUTS, **({"transaction_timeout": "1s"} if major >= 17 else {}))
        return scene.apply()

    with parked(scene, SNAPSHOTS, begin) as (run, pid):
        scene.injects("timeouts of the role")
        lasts = "SELECT now() - query_start > interval '2 s' FROM pg_stat_activity WHERE pid = %s"
        eventually(lambda: scene.sql(lasts, pid)[0], "two seconds in the build", run)
    assert run.status() == 0, run.said
    assert run.said.count("CREATE INDEX CONCURRENTLY docs_held") == 1
    ends_well()
