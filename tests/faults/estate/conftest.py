"""The fixtures of the fault suite, on a database where no name is decent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from estate.stage import Estate, EstateScene, Moment

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
def stage(major: int, estate_of: Callable[[int], Estate]) -> Estate:
    return estate_of(major)


@pytest.fixture
def moment() -> Moment:
    """Whether everything is still to be done; a test that begins later says so."""
    return "pending"


@pytest.fixture
def scene(
    stage: Estate, moment: Moment, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[EstateScene]:
    opened = stage.scene(tmp_path, moment)
    request.node.user_properties.append(("faults", opened.tally))
    yield opened
    opened.close()
