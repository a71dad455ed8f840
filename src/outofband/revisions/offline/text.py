"""What the blocks of a script share: comments, names, and a dollar quote of their own."""

from __future__ import annotations

from outofband.model.names import QualifiedName, literal
from outofband.model.step import Step, in_words

# No name holds a NUL, so that none is taken for a tag.
TAG = "\0"


def one_line(text: str) -> str:
    """Return a text without its line ends."""
    return " ".join(text.splitlines())


def mark(step: Step) -> str:
    """Return the comments that tell the linter which step a block is, and what it comes to."""
    return (
        f"-- outofband: step {one_line(step.name)}\n-- outofband: sql {one_line(step.plain_sql)};"
    )


def told(step: Step) -> str:
    """Return a step's kind and name, as a text of SQL."""
    return literal(in_words(step))


def regclass(name: QualifiedName) -> str:
    """Return the expression that gives a relation, NULL where none has the name."""
    return f"to_regclass({literal(str(name))})"


def tagged(text: str) -> str:
    """Put a dollar quote that the text does not end in the place of the tags."""
    name, number = "outofband", 0
    while f"${name}" in text:
        number += 1
        name = f"outofband{number}"
    return text.replace(TAG, f"${name}$")
