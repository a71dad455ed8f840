"""Deploys beside the runbook, and each other."""

from __future__ import annotations

from collections.abc import Callable

from estate.project import WHOLE
from estate.stage import EstateScene

_DEPLOY_SECONDS = 2.0


def test_an_upgrade_behind_a_live_build_gives_way_and_comes_again(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    scene.limit = _DEPLOY_SECONDS
    with scene.writer(str(WHOLE)):
        run = scene.apply()
        scene.waiting("^CREATE INDEX", run)
        upgrade = scene.alembic("upgrade", "head")
        scene.injects("an upgrade during a build")
        assert upgrade.status() != 0
        assert run.alive
    scene.wait(run)
    scene.wait(scene.alembic("upgrade", "head"))
    scene.wait(scene.alembic("downgrade", "3"))
    ends_well()


def test_a_downgrade_during_a_build_leaves_what_it_builds_to_the_next_upgrade(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    scene.limit = _DEPLOY_SECONDS
    with scene.writer(str(WHOLE)):
        run = scene.apply()
        scene.waiting("^CREATE INDEX", run)
        scene.wait(scene.alembic("downgrade", "2"))
        scene.injects("a downgrade during a build")
    run.status()
    scene.wait(scene.alembic("upgrade", "3"))
    ends_well()


def test_two_upgrades_at_once_are_one(scene: EstateScene, ends_well: Callable[[], None]) -> None:
    scene.limit = _DEPLOY_SECONDS
    for run in [scene.alembic("upgrade", "head") for _ in range(2)]:
        scene.wait(run)
    scene.injects("two upgrades at once")
    scene.wait(scene.alembic("downgrade", "3"))
    ends_well()
