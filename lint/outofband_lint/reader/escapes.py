r"""What stands for a character in a string or an identifier: `\n` in E'', `\0061` in U&"".

Source: PostgreSQL 18, chapters 4.1.2.2, 4.1.2.3 and 4.1.1.
"""

from __future__ import annotations

import re

_BACKSLASH = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL
)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LARGEST = 0x10FFFF


def backslashes(text: str) -> str:
    r"""Return the value of a string in E''; bytes (`\xff`) come as the characters they number."""
    return _BACKSLASH.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    hexadecimal, octal, short, long, plain = match.groups()
    if plain is not None:
        return _NAMED.get(plain, plain)
    return _numbered(int(octal, 8) & 0xFF if octal else int(hexadecimal or short or long, 16))


def _numbered(code: int) -> str:
    return chr(code) if code <= _LARGEST else "\ufffd"


def code_points(text: str, escape: str = "\\") -> str:
    r"""Return the text of U&'' or U&"" under its escape character."""
    if escape not in text:
        return text
    mark = re.escape(escape)
    pattern = rf"{mark}(?:([0-9A-Fa-f]{{4}})|\+([0-9A-Fa-f]{{6}})|{mark})"
    return re.sub(
        pattern, lambda m: _numbered(int(m[1] or m[2], 16)) if m[1] or m[2] else escape, text
    )
