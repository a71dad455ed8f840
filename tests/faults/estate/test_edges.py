"""The runbook is killed right before and right after each statement that changes something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from estate.edges import EDGES
from estate.stage import EstateScene
from estate.wire import Side, Stop


@pytest.mark.parametrize("side", ["before", "after"])
def test_run_after_run_is_killed_one_statement_further_on(
    scene: EstateScene, side: Side, ends_well: Callable[[], None]
) -> None:
    for what, pattern, *nth in EDGES:
        scene.dies(Stop(side, what, pattern, *nth))
    ends_well()
