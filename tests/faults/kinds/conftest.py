"""The fixtures of the fault suite, on a database with a step of every kind beside indexes to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from kinds.stage import KindsStage

collect_ignore_glob = [] if os.environ.get("FAULTS") else ["test_*.py"]


@pytest.fixture(scope="session")
def kinds_of(
    stage_of: Callable[[int], Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], KindsStage]:
    """Return the function that gives the stage of a major version; each is made once."""
    stages: dict[int, KindsStage] = {}

    def get(major: int) -> KindsStage:
        if major not in stages:
            folder = tmp_path_factory.mktemp(f"kinds{major}")
            stages[major] = KindsStage(stage_of(major).server, folder)
        return stages[major]

    return get


@pytest.fixture
def stage(major: int, kinds_of: Callable[[int], KindsStage]) -> KindsStage:
    return kinds_of(major)
