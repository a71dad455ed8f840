"""What `make test` skips, the recipe of the suite it is of runs: nothing is run by nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERBS = {
    "FAULTS": "test-faults",
    "ORACLE": "test-oracle",
    "DOCS": "test-docs",
    "MATRIX": "test-matrix",
    "RELEASE": "test-release",
}
MARKED = [
    (path.relative_to(ROOT), verb)
    for path in sorted((ROOT / "tests").rglob("test_*.py"))
    for suite, verb in VERBS.items()
    if re.search(rf"\bsuites\.{suite}\b", path.read_text())
]


@pytest.mark.parametrize(("path", "verb"), MARKED, ids=[str(path) for path, _ in MARKED])
def test_a_file_of_a_longer_suite_is_named_in_its_recipe(path: Path, verb: str) -> None:
    [recipe] = re.findall(
        rf"^{verb}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    assert {str(path), *map(str, path.parents)} & set(recipe.split())


@pytest.mark.parametrize("verb", VERBS.values())
def test_a_landing_runs_every_suite(verb: str) -> None:
    assert f"make {verb}\n" in (ROOT / ".ci" / "run").read_text()
