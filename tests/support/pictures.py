"""Screens of the commands, and pages they write, as pictures: docs/screens/NAME.svg, text that a
browser draws.

With OUTOFBAND_SCREENS=write, which `make screens` sets, they are kept; else each has to be what it
was.
"""

from __future__ import annotations

import io
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
_WIDTH = 100
_XHTML, _SVG = "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
ET.register_namespace("", _SVG)
ET.register_namespace("h", _XHTML)
_FORMAT = """\
<svg class="{unique_id}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def picture(title: str, shown: str) -> str:
    """Return a terminal of a hundred columns that shows a text with its colours."""
    console = Console(
        record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True,
        color_system="truecolor", legacy_windows=False,
    )  # fmt: skip
    console.print(Text.from_ansi(shown.rstrip("\n")))
    drawn = console.export_svg(
        title=title, theme=SVG_EXPORT_THEME, code_format=_FORMAT, unique_id="screen"
    )
    return "\n".join(line.rstrip() for line in drawn.splitlines() if line.strip()) + "\n"


def of_page(html: str, width: int, height: int) -> str:
    """Return a page as a browser draws it, so many pixels of it; it has one style, and no script.

    The picture holds the page itself, as XHTML.
    """
    body, style = _inside(html, "body"), ET.Element(f"{{{_XHTML}}}style")
    style.text = re.sub(r"(?m)^body\b", ".page", _STYLE.search(html)[1])  # type: ignore[index]
    page = ET.Element(f"{{{_XHTML}}}div", {"class": "page"})
    page.extend([style, *body])
    size = {"width": str(width), "height": str(height)}
    picture = ET.Element(f"{{{_SVG}}}svg", {"viewBox": f"0 0 {width} {height}", **size})
    ET.SubElement(picture, f"{{{_SVG}}}foreignObject", size).append(page)
    for part in picture.iter():
        if part.tag.endswith(("}style", "}header", "}section", "}li", "}p", "}details")):
            part.tail = "\n"  # lines, for whoever compares two pictures
    return ET.tostring(picture, encoding="unicode") + "\n"


def _inside(html: str, tag: str) -> ET.Element:
    """Return an element of a page with each name in the namespace that HTML has it in."""
    found = re.search(rf"<{tag}\b.*</{tag}>", html, re.DOTALL)
    assert found is not None
    element = ET.fromstring(found[0])
    for space, parts in ((_XHTML, element.iter()), (_SVG, _drawings(element))):
        for part in list(parts):
            part.tag = f"{{{space}}}{part.tag.rpartition('}')[2]}"
    return element


def _drawings(element: ET.Element) -> list[ET.Element]:
    drawn = [svg for svg in element.iter() if svg.tag.endswith("svg")]
    return [part for svg in drawn for part in svg.iter()]


def keep_or_compare(name: str, drawn: str) -> None:
    """Keep a picture, or fail where it is another than the one that is kept."""
    path = FOLDER / f"{name}.svg"
    if os.environ.get("OUTOFBAND_SCREENS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    assert drawn == kept, f"{path} shows something else: run make screens"
