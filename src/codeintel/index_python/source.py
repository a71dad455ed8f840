"""The text of a module, and where in it a name stands.

``ast`` counts columns in UTF-8 bytes, so lines are kept as such; LSIF counts UTF-16 code units.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from codeintel.bundle import Span

_LINE_END = re.compile(rb"\r\n|\r|\n")


class Place(NamedTuple):
    """The beginning of a name: line from 0, column in UTF-8 bytes."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A module's lines, as UTF-8 and without their ends."""

    lines: tuple[bytes, ...]

    def span(self, place: Place, name: str) -> Span | None:
        """Return where the name stands, or None where another text does.

        Identifiers are normalized (NFKC) by the parser: the text may be another spelling.
        """
        line, encoded = self.lines[place.line], name.encode()
        if not line.startswith(encoded, place.column):
            return None
        if line.isascii():
            return Span(place.line, place.column, place.line, place.column + len(name))
        start = _utf16_units(line[: place.column].decode())
        return Span(place.line, start, place.line, start + _utf16_units(name))

    def after(self, place: Place, pattern: re.Pattern[bytes]) -> Place | None:
        """Return the place behind what the pattern matches from ``place`` on."""
        found = pattern.match(self.lines[place.line], place.column)
        return Place(place.line, found.end()) if found else None


def read_source(path: Path) -> tuple[str, Source]:
    """Return a file's text and its lines, decoded as Python would.

    Raises OSError, SyntaxError (an unknown coding) or UnicodeDecodeError.
    """
    content = path.read_bytes()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding)
    return text, Source(tuple(_LINE_END.split(text.encode())))


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
