"""Runners at once: on one step, on different tables, and one of them dies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from estate.project import SPLIT_INDEX, UNIQUE, WHOLE
from estate.stage import APPLY, EstateScene


@pytest.mark.parametrize("runners", [2, 10])
def test_all_of_them_end_well_though_one_is_killed_at_work(
    scene: EstateScene, runners: int, ends_well: Callable[[], None]
) -> None:
    with scene.writer(str(WHOLE)):
        first = scene.apply()
        scene.waiting("^CREATE INDEX", first)
        others = [scene.apply() for _ in range(runners - 1)]
        first.kill()
        scene.injects("kill -9 of one of several runners")
        others[0].says("waiting for it")
    for run in others:
        scene.wait(run)
    ends_well()


def test_runners_on_different_tables_do_not_hear_of_each_other(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    with scene.writer(str(WHOLE)):
        kept = scene.outofband(*APPLY, "--only", UNIQUE)
        scene.waiting("^CREATE UNIQUE INDEX", kept)
        said = scene.wait(scene.outofband(*APPLY, "--only", SPLIT_INDEX))
        assert "waiting" not in said
    scene.wait(kept)
    scene.injects("several runners at once")
    ends_well()


def test_of_two_that_work_on_all_tables_at_once_one_is_killed(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    with scene.writer(str(WHOLE)):
        runs = [scene.outofband(*APPLY, "--parallel", "2") for _ in range(2)]
        scene.waiting("^CREATE INDEX", runs[0])
        runs[0].kill()
        scene.injects("kill -9 of one of several runners")
    scene.wait(runs[1])
    ends_well()
