"""A bundle whose rows are in Postgres leaves its place: renamed, not deleted.

Under the lock of the dump, in a transaction after the one that copied it. A file that has been put
there since is another dump's state, and stays.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from codeintel.mover.source import Identity, identify
from codeintel.mover.standing import Standing, locked
from codeintel.roles import require_both_stores
from codeintel.store.folder import BundleFolder, sync
from outofband.backfill import Damaged


def resting_place(folder: BundleFolder, dump_id: int, *, whole: bool) -> Path:
    """Return where a file is kept, below the root: a backup if all of it was moved.

    The janitor deletes backups; what was left out of Postgres is nowhere else than in the file.
    """
    kept = folder.backup(dump_id) if whole else folder.quarantined(dump_id)
    return kept.relative_to(folder.root)


def retire(
    connection: psycopg.Connection[Any],
    folder: BundleFolder,
    dump_id: int,
    file: Identity | None = None,
) -> bool:
    """Rename a copied file; False where it has changed since, and is to be copied again.

    ``file`` is the one that was copied, None where only the record tells it. May be repeated.
    Raises Damaged where it cannot be renamed, StoresUnknown, or what psycopg raises.
    """
    require_both_stores(connection, "moving bundles")
    standing = locked(connection, dump_id)
    try:
        return _retired(folder, dump_id, standing, file)
    except OSError as error:
        told = f"its rows are in Postgres, and it cannot be renamed: {error.strerror}"
        raise Damaged(told) from None


def _retired(folder: BundleFolder, dump_id: int, standing: Standing, file: Identity | None) -> bool:
    path = folder.bundle(dump_id)
    now = identify(path)
    if now is None or standing.is_buried:
        return True
    if standing.record is None or not standing.has_rows:
        return False
    if now != file if file else not standing.record.is_of(path):
        return False
    return _rename(path, folder.root / standing.record.path, now)


def _rename(path: Path, target: Path, file: Identity) -> bool:
    target.parent.mkdir(exist_ok=True)
    os.replace(path, target)
    if identify(target) != file:
        # A writer that takes no lock has put another file there between the look and the rename.
        os.replace(target, path)
        return False
    sync(target.parent)
    sync(path.parent)
    with suppress(OSError):  # something else is in it
        path.parent.rmdir()
    return True
