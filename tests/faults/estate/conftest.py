"""The fixtures of the fault suite, on a database where no name is decent."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from estate.stage import Estate, EstateStage, Moment

collect_ignore_glob = [] if os.environ.get("FAULTS") else ["test_*.py"]


@pytest.fixture(scope="session")
def estate_of(
    stage_of: Callable[[int], Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], Estate]:
    """Return the function that gives the estate of a major version; each is made once."""
    estates: dict[int, Estate] = {}

    def get(major: int) -> Estate:
        if major not in estates:
            folder = tmp_path_factory.mktemp(f"estate{major}")
            estates[major] = Estate(stage_of(major).server, "begun", folder)
        return estates[major]

    return get


@pytest.fixture
def stage(major: int, moment: Moment, estate_of: Callable[[int], Estate]) -> EstateStage:
    return estate_of(major).at(moment)


@pytest.fixture
def moment() -> Moment:
    """Whether everything is still to be done; a test that begins later says so."""
    return "pending"
