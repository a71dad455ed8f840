"""A file of the project as it is and as it is to be; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file's bytes before and after; ``before`` is None for a file that is new, ``after`` for one
    that goes.
    """

    path: Path
    before: bytes | None
    after: bytes | None


def changed(path: Path, after: bytes | None) -> tuple[FileChange, ...]:
    """Return the change that gives a file this content, none where it has it."""
    before = path.read_bytes() if path.is_file() else None
    return () if before == after else (FileChange(path, before, after),)
