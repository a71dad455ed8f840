"""README.md names what there is, and shows at once what the linter finds."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"`?make ([a-z-]+)`?", README.read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_a_bad_revision_and_its_finding_stand_at_the_top() -> None:
    top = README.read_text(encoding="utf-8").splitlines()[:20]
    assert any("error[" in line for line in top)
