"""The shape of the repository: what may not be there, and what the lock and the walls promise."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_no_folder_shadows_the_alembic_library() -> None:
    assert list((ROOT / "alembic").rglob("__init__.py")) == []
    assert not (ROOT / "tests" / "alembic").exists()


def test_the_lint_folder_is_a_root_and_no_package() -> None:
    assert not (ROOT / "lint" / "__init__.py").exists()


def test_alembic_is_the_library_even_from_the_repositorys_root() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import alembic; print(alembic.__file__)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "site-packages" in found.stdout


def test_the_lock_names_hashes_and_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[\w.-]+==\S+", lock, re.MULTILINE)
    assert len(pinned) > 20
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert not re.search(r"://|--index-url|--extra-index-url|--find-links", lock)


def test_the_lock_holds_what_builds_the_package() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    assert all(f"\n{name}==" in f"\n{lock}" for name in build["requires"])


def test_the_walls_between_rooms_stand() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", ["alembic/env.py"])
def test_env_py_is_short_enough_to_be_read_at_a_glance(path: str) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 15
