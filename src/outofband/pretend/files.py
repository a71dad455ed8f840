"""The files of a relation, made longer by holes and cut again.

A relation is a file for each GB: ``16384``, ``16384.1`` and so on (PostgreSQL 18, Database File
Layout). A page of zeros is a valid, empty page, with checksums too, and a hole takes no room on
disk, nor in memory on a tmpfs.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from outofband.stats.value import PAGE

SEGMENT = 1 << 30
"""Bytes of each file but the last: RELSEG_SIZE."""
MOST_PAGES = 0xFFFFFFFE
"""A relation has no more (MaxBlockNumber)."""


def length(first: Path) -> int:
    """Return the pages of a relation, whose first file is named."""
    total = 0
    for number in count():
        try:
            total += os.stat(_segment(first, number)).st_size
        except FileNotFoundError:
            return total // PAGE
    raise AssertionError


def extend(first: Path, pages: int) -> None:
    """Make a relation at least so many pages long. New files belong to whom the first one does."""
    wanted = min(pages, MOST_PAGES) * PAGE
    owner = os.stat(first)
    for number in range(max(1, -(-wanted // SEGMENT))):
        _extend(_segment(first, number), min(SEGMENT, wanted - number * SEGMENT), owner)


def cut(first: Path, pages: int) -> None:
    """Make a relation so many pages long again; files that are left empty go, last ones first."""
    wanted = pages * PAGE
    there = next(n for n in count() if not _segment(first, n).exists())
    for number in reversed(range(there)):
        left = max(0, min(SEGMENT, wanted - number * SEGMENT))
        path = _segment(first, number)
        os.truncate(path, left)
        if number and not left:
            path.unlink()


def _segment(first: Path, number: int) -> Path:
    return first.with_name(f"{first.name}.{number}") if number else first


def _extend(path: Path, size: int, owner: os.stat_result) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, owner.st_mode & 0o777)
    try:
        now = os.fstat(descriptor)
        if (now.st_uid, now.st_gid) != (owner.st_uid, owner.st_gid):
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        if now.st_size < size:
            os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)
