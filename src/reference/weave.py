"""Put what is made into a page, between the comments that ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_PART = re.compile(
    r"^<!-- made: (?P<name>[\w-]+) -->$.*?^<!-- /made -->$", re.MULTILINE | re.DOTALL
)


class UnknownPart(LookupError):
    """A page asks for a part that nobody makes."""


def woven(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return the page with every part as it is made now; raises UnknownPart."""

    def made(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in parts:
            raise UnknownPart(f"no part is called {name}; there are {', '.join(sorted(parts))}")
        return f"<!-- made: {name} -->\n\n{parts[name]().strip()}\n\n<!-- /made -->"

    return _PART.sub(made, page)


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown; an empty cell stays empty."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines)


def one_line(text: str) -> str:
    """Return a docstring's paragraph without its line breaks, its code spans as Markdown's."""
    return re.sub(r"``([^`]+)``", r"`\1`", " ".join(text.split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
