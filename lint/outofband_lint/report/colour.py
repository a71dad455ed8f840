"""Terminal colours, and whether anybody wants them."""

from __future__ import annotations

import os
import re
from typing import IO

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CODES = {"error": "31", "warning": "33", "help": "36", "place": "1", "caret": "32"}


def is_wanted(stream: IO[str]) -> bool:
    """Tell whether to write colours to a stream.

    NO_COLOR and FORCE_COLOR decide where they are set and not empty, then whether it is a terminal
    that knows any. Source: no-color.org, force-color.org.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def harmless(text: str) -> str:
    """Return the text with its control characters spelled, so that none reaches a terminal."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def paint(text: str, what: str, colour: bool) -> str:
    """Return the text in the colour of what it is, or as it came."""
    return f"\x1b[{_CODES[what]}m{text}\x1b[0m" if colour else text
