"""The runbook's brief locks, and those who wait behind them."""

from __future__ import annotations

from collections.abc import Callable

from faults.scene import Scene, eventually

_SEEN_SECONDS = 0.3


def test_nobody_waits_longer_than_a_second_behind_a_promotion_that_waits_for_a_reader(
    scene: Scene, ends_well: Callable[[], None]
) -> None:
    """What shows too that the sampler sees such waits: the queue is there, and it is measured."""
    with scene.reader():
        run = scene.apply()
        scene.injects("a reader before a promotion")
        run.says("trying again")
        # It is tried again for as long as the reader stays, and each time somebody waits behind it.
        eventually(lambda: scene.load.longest > _SEEN_SECONDS, "a wait that is measured", run)
    ends_well()
