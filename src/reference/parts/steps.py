"""What outofband does, one page a kind of step: docs/steps, by the first lines of its pages."""

from __future__ import annotations

import re
from pathlib import Path

from reference.weave import one_line, table

FOLDER = Path(__file__).parents[3] / "docs" / "steps"


def steps() -> str:
    """Return a table of the pages: the title, and the first sentence below it."""
    return table(("page", ""), [_row(page) for page in sorted(FOLDER.glob("*.md"))])


def page_of(operation: str) -> str | None:
    """Return the name of the page that shows an operation in a revision; None where none does."""
    for page in sorted(FOLDER.glob("*.md")):
        if re.search(rf"^    +op\.{operation}\(", page.read_text(encoding="utf-8"), re.MULTILINE):
            return page.name
    return None


def _row(page: Path) -> tuple[str, str]:
    title, _, rest = page.read_text(encoding="utf-8").partition("\n")
    paragraph = one_line(rest.strip().split("\n\n")[0])
    sentence = re.split(r"(?<=[.:])\s", paragraph, maxsplit=1)[0].rstrip(":")
    return f"[{title.removeprefix('# ')}](steps/{page.name})", sentence
