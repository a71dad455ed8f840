"""The files of a page are written, its commands run, and what they print is what it shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from shown import Scene, normal

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"

RUNBOOK = ROOT / "docs" / "runbook.md"
BACKFILLS = ROOT / "docs" / "backfills.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project with this repository's env.py."""
    (tmp_path / "alembic" / "versions").mkdir(parents=True)
    for name in ("alembic.ini", "alembic/env.py", "alembic/script.py.mako"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


STEPS = sorted((ROOT / "docs" / "steps").glob("*.md"))


@pytest.mark.parametrize("page", [README, RUNBOOK, BACKFILLS, *STEPS], ids=lambda page: page.name)
def test_a_page_prints_what_it_shows(page: Path, project: Path, database: str) -> None:
    for command, printed, shown in Scene(project, database).play(page):
        assert normal(printed) == normal(shown), command


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"`?make ([a-z-]+)`?", README.read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_a_bad_revision_and_its_finding_stand_at_the_top() -> None:
    top = README.read_text(encoding="utf-8").splitlines()[:20]
    assert any("error[" in line for line in top)
