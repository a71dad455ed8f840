"""Rows that a unique index cannot take: there before its build, or come while it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faults.phases import WRITERS
from faults.scene import Scene

FIRST, LAST = 1500, 1700
"""Rows that the application does not change, so that their copies stay identical."""


def test_duplicates_that_are_there_before_are_moved(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    scene.repeat(FIRST, LAST)
    scene.injects("duplicates before a build")
    ends_well()


@pytest.mark.every_version
def test_duplicates_that_come_while_a_build_runs_are_moved(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    with scene.writer():
        run = scene.apply("--only", "docs_unique")
        scene.in_phase(WRITERS, run)
        scene.repeat(FIRST, LAST)
        scene.injects("duplicates that arrive")
    assert run.status() == 0, run.said
    assert "a duplicate arrived during the build" in run.said
    ends_well()


def test_a_run_that_dies_while_it_moves_rows_leaves_each_in_one_place(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    scene.repeat(1100, 2000)
    with scene.transaction("SELECT FROM docs WHERE id = 1900 FOR UPDATE"):
        run = scene.apply()
        run.says("trying fewer rows again")
        run.kill()
        scene.injects("kill -9 of a run that moves rows")
    ends_well()
