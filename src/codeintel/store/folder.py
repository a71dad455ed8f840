"""Where bundles lie below a root folder, and how a file comes there or goes.

::

    dbs/{id}/sqlite.db     a dump
    dbs/{id}.*.partial     a file on its way there; where its process has died, litter
    db-backups/{id}.db     a dump whose rows are in Postgres, kept as the way back

Nothing here knows Postgres: whoever moves or deletes holds the dump's lock (locks.py).
"""

from __future__ import annotations

import heapq
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FILE = "sqlite.db"
_PARTIAL = ".partial"


class BundleFolder:
    """The files below a root, which need not exist before something is written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._bundles = root / "dbs"
        self._backups = root / "db-backups"

    def bundle(self, dump_id: int) -> Path:
        """Return where a dump's file is while it is the dump."""
        return self._bundles / str(dump_id) / _FILE

    def backup(self, dump_id: int) -> Path:
        """Return where a dump's file is once its rows have been moved."""
        return self._backups / f"{dump_id}.db"

    def bundles(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after`` that have a file, ascending."""
        ids = (_id(name) for name in _names(self._bundles))
        found = (i for i in ids if i > after and self.bundle(i).is_file())
        return heapq.nsmallest(limit, found)

    def backups(self, after: int = 0, limit: int = 100) -> list[int]:
        """Return the next ids above ``after`` that have a backup, ascending."""
        ids = (_id(name.removesuffix(".db")) for name in _names(self._backups))
        return heapq.nsmallest(limit, (i for i in ids if i > after and self.backup(i).is_file()))

    def partials(self) -> list[Path]:
        """Return the files that are on their way, or were when their process died."""
        return [self._bundles / name for name in _names(self._bundles) if name.endswith(_PARTIAL)]

    @contextmanager
    def partial(self, dump_id: int) -> Iterator[Path]:
        """Yield a path to write a file to, on the same file system; what is left there goes."""
        self._bundles.mkdir(parents=True, exist_ok=True)
        path = self._bundles / f"{dump_id}.{secrets.token_hex(4)}{_PARTIAL}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def place(self, partial: Path, dump_id: int) -> None:
        """Make a finished file the dump's, in one rename, on disk when this returns.

        A backup of the same id is of an earlier dump, and goes.
        """
        bundle = self.bundle(dump_id)
        bundle.parent.mkdir(exist_ok=True)
        _sync(partial)
        os.replace(partial, bundle)
        _sync(bundle.parent)
        _sync(self._bundles)
        with suppress(FileNotFoundError):
            self.backup(dump_id).unlink()
            _sync(self._backups)

    def remove(self, dump_id: int) -> bool:
        """Remove a dump's file and its backup, and answer whether there was one of them."""
        files = [path for path in (self.bundle(dump_id), self.backup(dump_id)) if path.exists()]
        for path in files:
            self.discard(path)
        return bool(files)

    def discard(self, path: Path) -> None:
        """Remove one file of this folder, and the folder of its own that a bundle has."""
        path.unlink(missing_ok=True)
        _sync(path.parent)
        if path.name == _FILE:
            with suppress(OSError):  # something else is in it
                path.parent.rmdir()


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _id(name: str) -> int:
    """Return the id that a name stands for, 0 for none: ``007`` and ``٣`` are nobody's."""
    return int(name) if name.isascii() and name.isdecimal() and name[0] != "0" else 0


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
