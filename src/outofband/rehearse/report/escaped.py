"""Texts of a project in GitHub's Markdown: names and statements may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterable

from outofband.rehearse.report.words import spelled, visible

_SPECIAL = re.compile(r"[\\`*\[\]<>|~&]|(?<!\w)_|_(?!\w)|^[#+-]|^\d+(?=[.)])")
_LINKED = re.compile(r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=[a-z]:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_MARKUP = re.compile(r"[^\w\s(),'=…-]|_")
_ZERO_WIDTH = "\u200b"


def prose(text: str) -> str:
    """Return a text that shows as it is: no markup of its own, nobody mentioned, no link."""
    apart = _LINKED.sub(_ZERO_WIDTH, visible(text))
    return _SPECIAL.sub(lambda found: _escape(found[0]), apart)


def code(text: str) -> str:
    """Return a text as code that may stand anywhere, in a table's cell too.

    Of a table's row GitHub takes every bar for the end of a cell, within code as well, and gives
    back the one behind a backslash. Outside of a table it does not, so what has a bar becomes HTML,
    and what could be taken for our marker, too.
    """
    line = visible(text)
    if any(special in line for special in ("|", "`", "<!--")):
        return html(line)
    return f"`{line}`" if line else ""


def fenced(lines: Iterable[str]) -> list[str]:
    """Return lines as a block of code that none of them ends, nor is taken for our marker."""
    told = [re.sub("<(?=!--)", f"<{_ZERO_WIDTH}", spelled(" ".join(x.split("\n")))) for x in lines]
    longest = max((len(run) for line in told for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return ["", fence, *told, fence, ""]


def html(text: str) -> str:
    """Return a text as code in HTML, for where Markdown may not be read, or must not."""
    return f"<code>{_MARKUP.sub(lambda found: f'&#{ord(found[0])};', visible(text))}</code>"


def _escape(text: str) -> str:
    if text in "<>&|":
        return f"&#{ord(text)};"
    return f"{text}\\" if text.isdigit() else f"\\{text}"
