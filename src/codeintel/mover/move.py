"""Both transactions of a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from codeintel.mover.copy import BundleChanged, Copied, copy
from codeintel.mover.retire import retire
from codeintel.store.folder import BundleFolder
from outofband.backfill import Damaged

_Connection = psycopg.Connection[Any]

_TRIES: Final = 3
"""How often a bundle that changes under the mover's hands is begun again."""
_ALL: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the bundle of a dump, or the ``reason`` why it is as it was."""

    dump_id: int
    copied: Copied | None = None
    reason: str = ""


def move(connection: _Connection, folder: BundleFolder, dump_id: int) -> Moved:
    """Move one bundle, on an autocommit connection; raises StoresUnknown, or what psycopg does."""
    for _ in range(_TRIES):
        try:
            with connection.transaction():
                copied = copy(connection, folder, dump_id)
            if copied.file is None:
                return Moved(dump_id, copied)
            with connection.transaction():
                if retire(connection, folder, dump_id, copied.file):
                    return Moved(dump_id, copied)
        except Damaged as damaged:
            return Moved(dump_id, reason=damaged.reason)
        except BundleChanged:
            continue
    return Moved(dump_id, reason="it changes again and again: a writer is at work on it")


def waiting(folder: BundleFolder) -> list[int]:
    """Return the ids of the bundles that there are, the largest first: it takes longest."""
    return list(sizes(folder))


def sizes(folder: BundleFolder) -> dict[int, int]:
    """Return the same with the bytes of each; of one that may not be looked at, 0."""
    found = {i: _size(folder.bundle(i)) for i in folder.bundles(limit=_ALL)}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
