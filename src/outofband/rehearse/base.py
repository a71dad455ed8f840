"""The database as the revisions before the rehearsed ones leave it, kept by what it follows from.

What Python looked at while they ran is taken down, as the gate does (decision 0014), but for the
revisions that are rehearsed: Alembic loads these too, and they are what is edited.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from outofband.ephemeral import binaries
from outofband.ephemeral.template import archive_for, cache_folder
from outofband.gate.shelf import Shelf
from outofband.rehearse.run import Ran
from outofband.rehearse.schema import of_rows
from outofband_lint.source import Revision

_MOST = 5
"""How many archives of some 30 MB are kept for all projects; the one used longest ago goes."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where a base is kept, or would be: the archive of its data directory, and on a ``shelf`` its
    schema, with what it follows from.
    """

    archive: Path
    shelf: Shelf

    @classmethod
    def of(cls, call: Iterable[str], revisions: Sequence[Revision], pg_bin: Path | None) -> Base:
        """Return that of some revisions, for calls from here with these words."""
        server = archive_for(binaries.find(pg_bin)).name
        ids = [revision.id for revision in revisions]
        shelf = Shelf.of("base", server, *call, "", *ids)
        return cls(cache_folder() / f"{shelf.name}.tar", shelf)

    def ran(self) -> Ran | None:
        """Return how what is kept came about, if that is still what the revisions would make."""
        try:
            schema = of_rows(self.shelf.content["schema"])
            search_path = self.shelf.content["search_path"]
            os.utime(self.archive)
            return Ran("base", schema=schema, search_path=search_path)
        except (KeyError, TypeError, ValueError, OSError):
            return None  # nothing is kept, or whoever wrote it was not this version of us

    def looking(self, rehearsed: Iterable[Revision]) -> AbstractContextManager[None]:
        """Take down what is looked at within, but for the files of the rehearsed revisions, and
        which others stand beside them.
        """
        paths = {os.path.abspath(revision.path) for revision in rehearsed}
        theirs = paths | {os.path.dirname(path) for path in paths}
        return self.shelf.looking(theirs.__contains__)

    def keep(self, ran: Ran) -> None:
        """Note what the archive, which is there, follows from; without that it is of no use."""
        if self.shelf.inputs is None:
            with suppress(OSError):
                self.archive.unlink()
            return
        schema = [[*each, definition] for each, definition in ran.schema.items()]
        self.shelf.put({"schema": schema, "search_path": ran.search_path})
        _prune(self.archive.parent)


def _prune(folder: Path) -> None:
    with suppress(OSError):
        found = sorted(folder.glob("base-*.tar"), key=lambda path: path.stat().st_mtime_ns)
        for path in found[:-_MOST]:
            path.unlink()
