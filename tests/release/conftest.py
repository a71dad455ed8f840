"""The distributions, built once for all tests of them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from installations import ROOT, built

TREE = ("tests", "alembic", "docs", "alembic.ini", "pyproject.toml", "README.md", "src/codeintel")
"""What the tests of revisions read, with nothing of what the wheel holds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "OUTOFBAND_RELEASE" not in os.environ:
        reason = "environments take a minute to fill: make test-release"
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@dataclass(frozen=True)
class Distributions:
    wheel: Path
    sdist: Path


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Wheel and sdist of this tree."""
    return Distributions(*built(tmp_path_factory.mktemp("dist")))


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests without the source roots, so that what they import is what is installed."""
    folder = tmp_path_factory.mktemp("tree")
    for name in TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder
