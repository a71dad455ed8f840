"""What a terminal shows in the end of what was written to it: no more than our commands write."""

from __future__ import annotations

import re

_CODE = re.compile(r"\x1b\[(?P<private>\??)(?P<numbers>[\d;]*)(?P<what>[A-Za-z])")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def settled(written: str) -> str:
    """Return the lines that stay, with their colours: a line that was gone up to and erased is
    gone.
    """
    lines, at = [""], 0
    for line in written.split("\n"):
        for piece in re.split(r"(\x1b\[\??[\d;]*[A-Za-z]|\r)", line):
            code = _CODE.fullmatch(piece)
            if code is None or code["what"] == "m":
                lines[at] += "" if piece == "\r" else piece
            elif code["what"] == "A":
                at = max(at - int(code["numbers"] or 1), 0)
            elif code["what"] == "K":
                lines[at] = ""
        at += 1
        if at == len(lines):
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def plain(text: str) -> str:
    """Return the text without its colours."""
    return _COLOUR.sub("", text)
