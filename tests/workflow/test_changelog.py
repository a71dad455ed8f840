"""The fragments of the changelog, by the tool that makes a section of them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
KINDS = {kind["directory"]: kind["name"] for kind in PYPROJECT["tool"]["towncrier"]["type"]}
FRAGMENTS = sorted(path for path in (ROOT / "changelog.d").glob("*.md") if path.name != "README.md")


@pytest.fixture(scope="module")
def draft() -> str:
    """The next section, as the release would write it."""
    command = [Path(sys.executable).with_name("towncrier"), "build", "--draft"]
    done = subprocess.run(
        [*command, "--version", PYPROJECT["project"]["version"]],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_is_in_the_section_that_its_name_says(path: Path, draft: str) -> None:
    assert re.fullmatch(rf"(\+[\w-]+|\d+)\.({'|'.join(KINDS)})\.md", path.name), path.name
    kind = KINDS[path.name.split(".")[-2]]
    section = draft.split(f"### {kind}\n")[1].split("### ")[0]
    told = re.sub(r"\s+", " ", section)
    assert re.sub(r"\s+", " ", path.read_text(encoding="utf-8").strip()) in told


def test_the_version_stands_in_one_place() -> None:
    version = PYPROJECT["project"]["version"]
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "lint").rglob("*.py")]
    assert not [p for p in sources if f'"{version}"' in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", ["docs/workflow.md"])
def test_pages_name_the_tag_of_this_version(page: str) -> None:
    named = re.findall(r"(?:@|rev: |ref: )(v\d[\w.]*)", (ROOT / page).read_text(encoding="utf-8"))
    named = [each for each in named if each.count(".") == 2]
    assert named
    assert set(named) == {f"v{PYPROJECT['project']['version']}"}
