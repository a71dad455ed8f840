"""What outofband does, one page a kind of step: docs/steps, by the first lines of its pages."""

from __future__ import annotations

import re
from pathlib import Path

from reference.weave import one_line, table

FOLDER = Path(__file__).parents[3] / "docs" / "steps"


def steps() -> str:
    """Return a table of the pages: the title, and the first sentence below it."""
    return table(("page", ""), [_row(page) for page in sorted(FOLDER.glob("*.md"))])


def page_of(operation: str, folder: str = "steps") -> str:
    """Return a link to the page that shows an operation in a revision: the one of its kind, by the
    file's name, else any; empty where none does. ``folder`` is where it is seen from.
    """
    call = re.compile(rf"^    +op\.{operation}\(", re.MULTILINE)
    found = [p for p in FOLDER.glob("*.md") if call.search(p.read_text(encoding="utf-8"))]
    pages = sorted(found, key=lambda page: (page.stem not in operation, page.name))
    return f"[{_title(pages[0])}]({folder}/{pages[0].name})" if pages else ""


def _row(page: Path) -> tuple[str, str]:
    rest = page.read_text(encoding="utf-8").partition("\n")[2]
    paragraph = one_line(rest.strip().split("\n\n")[0])
    sentence = re.split(r"(?<=[.:])\s", paragraph, maxsplit=1)[0].rstrip(":")
    return f"[{_title(page)}](steps/{page.name})", sentence


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
