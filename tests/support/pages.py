"""The pages that people read: README.md and those of docs/, the pages of rules apart, which are
made of examples that tests/lint and tests/matrix run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RULES = sorted((DOCS / "rules").glob("*.md"))
PAGES = [ROOT / "README.md", *sorted(set(DOCS.rglob("*.md")) - set(RULES))]
_FENCE = re.compile(
    r"^(?P<mark>`{3,})(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=mark)$", re.M | re.S
)
_SPAN = re.compile(r"(`+)(?P<text>.+?)\1(?!`)", re.S)
_COMMENT = re.compile(r"<!--.*?-->", re.S)


def fences(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each block of code."""
    for found in _FENCE.finditer(page.read_text(encoding="utf-8")):
        yield found["language"], found["body"]


def prose(page: Path) -> str:
    """Return the page without its blocks of code and its comments."""
    return _COMMENT.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))


def spans(page: Path) -> Iterator[str]:
    """Yield what stands between backticks in the prose, on one line."""
    for found in _SPAN.finditer(prose(page)):
        yield " ".join(found["text"].split())


def anchors(page: Path) -> set[str]:
    """Return what a link can point to: the headings as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings
    }
