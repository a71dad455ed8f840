"""The source line of a finding, and what in it sends the statement."""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass

from outofband_lint.finding import Finding

# A call's name in a revision, or the leading words of a statement in an SQL file.
_OPERATION = re.compile(r"[\w.]+(?=\()|\w+(?: \w+)*")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of a file, without its indentation; `column` counts from 1 in the file's line.

    `width` is how many columns the operation takes from there.
    """

    text: str
    column: int
    width: int


def excerpt(finding: Finding) -> Excerpt | None:
    """Return the finding's line; None where the file cannot be read or the line is empty."""
    line = linecache.getline(finding.path, finding.line).rstrip()
    text = line.strip()
    if not text:
        return None
    operation = _OPERATION.match(text)
    width = operation.end() if operation else len(text)
    return Excerpt(text, len(line) - len(line.lstrip()) + 1, width)
