"""The page's files are written into a project and run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsed import Project

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_what_the_page_shows_passes(project: Project, run: Callable[..., pytest.RunResult]) -> None:
    blocks = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    for name, body in blocks:
        (project.folder / name).write_text(body)
    assert len(blocks) == 3
    run("", "--outofband-queries", "queries.sql").assert_outcomes(passed=6)
    assert "count(*)" in (project.folder / "queries.sql").read_text()
