"""The files of a page are written, its commands run, and what they print is what it shows.

Each page has a project and a database of its own. README.md and docs/start.md are played with every
test; the others by `make test-docs`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pages import PAGES, ROOT
from shown import Scene, blocks, normal

QUICK = {"README.md", "start.md"}
IS_ALL_WANTED = "OUTOFBAND_DOCS" in os.environ
SHOWING = [page for page in PAGES if any(b.language == "console" for b in blocks(page))]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project with this repository's env.py."""
    (tmp_path / "alembic" / "versions").mkdir(parents=True)
    for name in ("alembic.ini", "alembic/env.py", "alembic/script.py.mako"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("page", SHOWING, ids=lambda page: page.name)
def test_a_page_prints_what_it_shows(page: Path, project: Path, database: str) -> None:
    if page.name not in QUICK and not IS_ALL_WANTED:
        pytest.skip("a long page: make test-docs")
    for command, printed, shown in Scene(project, database).play(page):
        assert normal(printed) == normal(shown), command
