"""The database as the revisions before the rehearsed ones leave it, kept by what it follows from.

What Python looked at while they ran is taken down, as the gate does (decision 0014), but for the
revisions that are rehearsed: Alembic loads these too, and they are what is edited.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outofband.ephemeral import binaries
from outofband.ephemeral.template import archive_for, cache_folder
from outofband.gate import recall, remember, store
from outofband.inputs.trace import Trace
from outofband.rehearse.schema import Schema, of_rows
from outofband_lint.source import Revision

_MOST = 5
"""How many archives of some 30 MB are kept for all projects; the one used longest ago goes."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where a base is kept, or would be: its name, and the archive of its data directory."""

    name: str
    archive: Path

    @classmethod
    def of(cls, call: Iterable[str], revisions: Sequence[Revision], pg_bin: Path | None) -> Base:
        """Return that of some revisions, for calls from here with these words."""
        server = archive_for(binaries.find(pg_bin)).name
        ids = [revision.id for revision in revisions]
        name = store.name_of("base", os.getcwd(), server, *call, "", *ids)
        return cls(f"base-{name}", cache_folder() / f"base-{name}.tar")

    def schema(self) -> Schema | None:
        """Return the schema of what is kept, if that is still what the revisions would make."""
        found = store.read(folder, self.name) if (folder := _folder()) else None
        try:
            if found is None or not self.archive.exists() or not _holds(found["inputs"]):
                return None
            os.utime(self.archive)
            rows: Any = found["schema"]
            return of_rows(rows)
        except (KeyError, TypeError, AttributeError, ValueError, OSError):
            return None  # whoever wrote that was not this version of us

    def keep(self, schema: Schema, trace: Trace, rehearsed: Collection[Revision]) -> None:
        """Note what the archive, which is there, follows from."""
        inputs, folder = remember.inputs_of(trace), _folder()
        if inputs is None or not folder:
            with suppress(OSError):
                self.archive.unlink()
            return
        rows = [[*each, definition] for each, definition in schema.items()]
        content: dict[str, object] = {"inputs": _but(inputs, rehearsed), "schema": rows}
        store.write(folder, self.name, content)
        _prune(self.archive.parent)


def _folder() -> str:
    return store.folder_for(os.getcwd())


def _holds(inputs: object) -> bool:
    return recall.is_as_it_was(inputs)


def _but(inputs: Mapping[str, Any], rehearsed: Collection[Revision]) -> dict[str, Any]:
    """Leave out the files of revisions, and which files stand beside them."""
    paths = {os.path.abspath(revision.path) for revision in rehearsed}
    folders = {os.path.dirname(path) for path in paths}
    less = {key: {p: was for p, was in inputs[key].items() if p not in paths} for key in _FILES}
    less |= {key: {p: was for p, was in inputs[key].items() if p not in folders} for key in _LISTS}
    return {**inputs, **less}


_FILES, _LISTS = ("files", "present"), ("folders", "modules")


def _prune(folder: Path) -> None:
    with suppress(OSError):
        found = sorted(folder.glob("base-*.tar"), key=lambda path: path.stat().st_mtime_ns)
        for path in found[:-_MOST]:
            path.unlink()
