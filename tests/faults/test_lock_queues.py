"""The runbook's brief locks, and those who wait behind them."""

from __future__ import annotations

from collections.abc import Callable

from faults.scene import Scene


def test_nobody_waits_longer_than_a_second_behind_a_promotion_that_waits_for_a_reader(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    """What shows too that the sampler sees such waits: the queue is there, and it is measured."""
    with scene.reader():
        run = scene.apply()
        scene.injects("a reader before a promotion")
        run.says("trying again")
    ends_well()
    assert scene.load.longest > 0.3
