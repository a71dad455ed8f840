"""Links lead somewhere, and every page is led to from the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages import DOCS, PAGES, ROOT, RULES, anchors, prose

EVERY = [*PAGES, *RULES]
INDEX = DOCS / "README.md"


def _links(page: Path) -> list[tuple[Path, str]]:
    """Return the pages and files that a page points to, each with the place in it."""
    without_code = re.sub(r"`[^`\n]*`", "", prose(page))
    targets = re.findall(r"\]\(([^)\s]+)\)", without_code)
    inside = [target.partition("#") for target in targets if "://" not in target]
    return [((page.parent / path).resolve() if path else page, to) for path, _, to in inside]


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target, heading in _links(page):
        assert target.exists(), target
        assert target.is_relative_to(ROOT)
        if heading:
            assert heading in anchors(target), f"{target}#{heading}"


def test_the_index_leads_to_every_page() -> None:
    reached, todo = {INDEX}, [INDEX]
    while todo:
        for target, _ in _links(todo.pop()):
            if target in EVERY and target not in reached:
                reached.add(target)
                todo.append(target)
    assert [page.name for page in EVERY if page not in reached] == []
