"""Both transactions of a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import psycopg

from codeintel.mover.copy import BundleChanged, Copied, copy
from codeintel.mover.retire import retire
from codeintel.mover.source import identify
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
        except Damaged as damaged:
            return Moved(dump_id, reason=damaged.reason)
        except BundleChanged:
            continue
        if copied.file is None:
            return Moved(dump_id, copied)
        with connection.transaction():
            if retire(connection, folder, dump_id, copied.file):
                return Moved(dump_id, copied)
    return Moved(dump_id, reason="it changes again and again: a writer is at work on it")


def waiting(folder: BundleFolder) -> list[int]:
    """Return the ids of the bundles that there are, the largest first: it takes longest."""
    sizes = {
        i: file.bytes for i in folder.bundles(limit=_ALL) if (file := identify(folder.bundle(i)))
    }
    return sorted(sizes, key=lambda dump_id: -sizes[dump_id])
