"""The files of a page are written, its commands run, and what they print is what it shows.

Each page has a project and a database of its own. `make test-docs` plays them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import suites
from pages import PAGES, ROOT
from shown import Scene, blocks, normal

pytestmark = [suites.DOCS, pytest.mark.timeout(1200)]  # a page is many commands, one after another

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
    for command, printed, shown in Scene(project, database).play(page):
        assert normal(printed) == normal(shown), command
