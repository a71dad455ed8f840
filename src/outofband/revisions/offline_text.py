"""What the blocks of a script share: comments of one line, and a dollar quote of their own."""

from __future__ import annotations

# No name holds a NUL, so that none is taken for a tag.
TAG = "\0"


def one_line(text: str) -> str:
    """Return a text without its line ends."""
    return " ".join(text.splitlines())


def tagged(text: str) -> str:
    """Put a dollar quote that the text does not end in the place of the tags."""
    name, number = "outofband", 0
    while f"${name}" in text:
        number += 1
        name = f"outofband{number}"
    return text.replace(TAG, f"${name}$")
