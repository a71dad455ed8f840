"""docs/rehearse.md: its files are written, its commands run and print what it shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shown import Scene, normal

ROOT = Path(__file__).parents[2]


def test_the_page_about_rehearsals_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    (tmp_path / "alembic" / "versions").mkdir(parents=True)
    for name in ("alembic.ini", "alembic/env.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    scene = Scene(tmp_path, "postgresql+psycopg://app@db.invalid/production")
    commands = 0
    for command, printed, shown in scene.play(ROOT / "docs" / "rehearse.md"):
        assert normal(printed) == normal(shown), command
        commands += 1
    assert commands == 4
