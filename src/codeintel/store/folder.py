"""Where bundles lie below a root folder, and how a file comes there or goes.

::

    dbs/{id}/sqlite.db     a dump
    dbs/{id}.*.partial     a file on its way there; where its process has died, litter
    db-backups/{id}.db     a dump whose rows are in Postgres, kept as the way back
    db-quarantine/{id}.db  the same, but for rows that Postgres could not take

Nothing here knows Postgres: whoever moves or deletes holds the dump's lock (locks.py).
"""

from __future__ import annotations

import heapq
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from codeintel.store.errors import being_written
from codeintel.store.rows import MAX_DUMP_ID

_FILE = "sqlite.db"
_PARTIAL = ".partial"


class BundleFolder:
    """The files below a root, which need not exist before something is written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._bundles = root / "dbs"
        self._backups = root / "db-backups"
        self._quarantine = root / "db-quarantine"

    def bundle(self, dump_id: int) -> Path:
        """Return where a dump's file is while it is the dump."""
        return self._bundles / str(dump_id) / _FILE

    def backup(self, dump_id: int) -> Path:
        """Return where a dump's file is once its rows have been moved."""
        return self._backups / f"{dump_id}.db"

    def quarantined(self, dump_id: int) -> Path:
        """Return where a dump's file is once its rows have been moved, but not all of them."""
        return self._quarantine / f"{dump_id}.db"

    def bundles(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after`` that have a file, or another thing in its place."""
        ids = (_id(name) for name in _names(self._bundles))
        found = (i for i in ids if i > after and is_taken(self.bundle(i)))
        return heapq.nsmallest(limit, found)

    def backups(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after`` that have a backup, ascending."""
        return _page(self._backups, after, limit)

    def quarantines(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after`` of which a file is in quarantine, ascending."""
        return _page(self._quarantine, after, limit)

    def partials(self) -> list[Path]:
        """Return the files that are on their way, or were when their process died."""
        return [self._bundles / name for name in _names(self._bundles) if name.endswith(_PARTIAL)]

    @contextmanager
    def partial(self, dump_id: int) -> Iterator[Path]:
        """Yield a path to write a file to, on the same file system; what is left there goes.

        Raises BundleNotWritten.
        """
        with being_written(self._bundles):
            self._bundles.mkdir(parents=True, exist_ok=True)
        path = self._bundles / f"{dump_id}.{secrets.token_hex(4)}{_PARTIAL}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def place(self, partial: Path, dump_id: int) -> None:
        """Make a finished file the dump's, in one rename, on disk when this returns.

        What was kept of an earlier dump of the same id goes. Raises BundleNotWritten.
        """
        bundle = self.bundle(dump_id)
        with being_written(bundle):
            bundle.parent.mkdir(exist_ok=True)
            sync(partial)
            os.replace(partial, bundle)
            sync(bundle.parent)
            sync(self._bundles)
            for kept in (self.backup(dump_id), self.quarantined(dump_id)):
                if kept.exists():
                    self.discard(kept)

    def remove(self, dump_id: int) -> bool:
        """Remove a dump's file and what is kept of it; answer whether there was any of it."""
        files = (self.bundle(dump_id), self.backup(dump_id), self.quarantined(dump_id))
        there = [path for path in files if path.exists()]
        for path in there:
            self.discard(path)
        return bool(there)

    def discard(self, path: Path) -> None:
        """Remove one file of this folder, and the folder of its own that a bundle has."""
        path.unlink(missing_ok=True)
        sync(path.parent)
        if path.name == _FILE:
            with suppress(OSError):  # something else is in it
                path.parent.rmdir()


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def is_taken(path: Path) -> bool:
    """Answer whether anything is there; also where that may not be looked at."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _page(folder: Path, after: int, limit: int) -> list[int]:
    """Return the next ids above ``after`` of the files in a folder, ascending."""
    names = (name for name in _names(folder) if name.endswith(".db"))
    ids = (_id(name.removesuffix(".db")) for name in names)
    return heapq.nsmallest(limit, (i for i in ids if i > after))


def _id(name: str) -> int:
    """Return the id that a name stands for, 0 for none: ``007``, ``٣`` and ``3000000000`` are
    nobody's.
    """
    found = int(name) if name.isascii() and name.isdecimal() and name[0] != "0" else 0
    return found if found <= MAX_DUMP_ID else 0


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
