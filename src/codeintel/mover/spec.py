"""The move and the way back as background data migrations, for outofband's engine to run.

A unit is the bundle of one dump, and takes two batches: the copy, and the rename of the file that
was copied, which the cursor between them names. So a mover that dies in between is followed by one
that renames. Each host does the bundles below its own $BUNDLE_DIR.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from codeintel.mover.audit import audit
from codeintel.mover.copy import copy
from codeintel.mover.move import sizes, waiting
from codeintel.mover.queries import query
from codeintel.mover.retire import retire
from codeintel.mover.reverse import give_back, with_rows
from codeintel.mover.source import Identity
from codeintel.roles import Connect, Role, registered_by, require_both_stores
from codeintel.store.folder import BundleFolder
from outofband.backfill import Abandoned, Batch, Cursor, Limits, Progress, Size, Spec, Unit, here
from outofband.errors import NothingChanged

_Connection = psycopg.Connection[Any]

#: One statement, and the time between two, last as long as the largest bundle needs.
_LIMITS = Limits(statement_timeout=0, idle_timeout=0)


#: Whether what a batch does is rolled back, as it is where no run surrounds it.
_ESTIMATES: ContextVar[bool] = ContextVar("estimates", default=True)


class NoFolder(NothingChanged):
    """A host is known to have bundles, or to have had some, and their folder is not there."""


def _folder() -> BundleFolder:
    return BundleFolder(Path(os.environ.get("BUNDLE_DIR", "lsif-storage")))


@dataclass(frozen=True)
class Bundles(Spec):
    """Bundles become rows."""

    limits: Limits = _LIMITS

    def progress(self, connection: _Connection) -> Progress:
        """Count the files that were moved, and those that still wait on this host."""
        left = self._left(connection, waiting(_folder()))
        with psycopg.RawCursor(connection) as cursor:
            row = cursor.execute(query("moved"), [left]).fetchone()
        assert row is not None
        return Progress(row[0], row[0] + len(left), "bundles")

    def units(self, connection: _Connection) -> Iterable[Unit]:
        """List the files that wait on this host, the largest first.

        Raises StoresUnknown and NoFolder.
        """
        require_both_stores(connection, "moving bundles")
        folder = _folder()
        if here() in self.hosts(connection) and not folder.root.is_dir():
            raise NoFolder(
                f"the bundles of {here()} are not listed",
                why=f"there is no folder {folder.root}, and its processes know files",
                do="Set BUNDLE_DIR to where they are, or make that folder where there are none",
            )
        found = sizes(folder)
        for dump_id in self._left(connection, list(found)):
            yield Unit(str(dump_id), bytes=found[dump_id], place=here())

    def batch(self, connection: _Connection, unit: Unit, cursor: Cursor, size: Size) -> Batch:  # noqa: ARG002
        """Copy a bundle, or rename the file that was copied; raises Damaged and MoveNotBegun."""
        folder, dump_id = _folder(), int(unit.key)
        if cursor and retire(connection, folder, dump_id, Identity(*cursor)):
            return Batch()
        copied = copy(connection, folder, dump_id, in_any_mode=_ESTIMATES.get())
        if copied.file is None:
            return Batch()
        return Batch(copied.rows, copied.file.bytes, list(copied.file), copied.left_out)

    def hosts(self, connection: _Connection) -> Iterable[str]:
        """Name the hosts of readers, writers and janitors on the register that know files, those
        from which bundles were moved, and those in $BUNDLE_HOSTS, with commas between.
        """
        told = os.environ.get("BUNDLE_HOSTS", "").split(",")
        with psycopg.RawCursor(connection) as cursor:
            known = [host for (host,) in cursor.execute(query("hosts"))]
        return sorted({host.strip() for host in (*told, *known)} - {""})

    def given_up(self, connection: _Connection, abandoned: Sequence[Abandoned]) -> int:
        """Count the files that an operator leaves where they are, of those that wait here."""
        units = {int(one.unit) for one in abandoned if one.row is None}
        return len(units.intersection(self._left(connection, waiting(_folder()))))

    @contextmanager
    def at_work(self, connect: Connect) -> Iterator[None]:
        """Be on the register as a mover; raises StoresUnknown and MoveNotBegun."""
        with registered_by(connect, Role("mover", "backfill")):
            estimates = _ESTIMATES.set(False)
            try:
                yield
            finally:
                _ESTIMATES.reset(estimates)

    def verify(self, connection: _Connection) -> Iterable[str]:
        """Compare the files that were moved, and are here, with the rows."""
        return audit(connection, _folder())

    def reverse(self) -> Spec:
        """Return the way back."""
        return Rows(self.limits)

    def _left(self, connection: _Connection, ids: list[int]) -> list[int]:
        with psycopg.RawCursor(connection) as cursor:
            return [dump_id for (dump_id,) in cursor.execute(query("left"), [ids])]


@dataclass(frozen=True)
class Rows(Spec):
    """Rows become bundles again, each on the host that it was moved from."""

    limits: Limits = _LIMITS

    def progress(self, connection: _Connection) -> Progress:
        """Count the dumps that are files alone, and those that have rows."""
        ids = waiting(_folder())
        with psycopg.RawCursor(connection) as cursor:
            row = cursor.execute(query("returned"), [ids]).fetchone()
        assert row is not None
        returned, left = row
        return Progress(returned, returned + left, "dumps")

    def units(self, connection: _Connection) -> Iterable[Unit]:
        """List the dumps that have rows, each for the host that it was moved from."""
        return (Unit(str(dump_id), place=host) for dump_id, host in with_rows(connection))

    def batch(self, connection: _Connection, unit: Unit, cursor: Cursor, size: Size) -> Batch:  # noqa: ARG002
        """Make one dump a file again."""
        give_back(connection, _folder(), int(unit.key))
        return Batch(rows=1)


BUNDLES = Bundles()
"""``codeintel.mover.spec:BUNDLES``, as revisions name it."""
