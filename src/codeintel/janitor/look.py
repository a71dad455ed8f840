"""What the janitor looks at before it judges: Postgres, the files, and who is alive."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from codeintel import mode
from codeintel.janitor.verdict import Content, Moved, Situation, Standing
from codeintel.roles import alive, behind
from codeintel.store.upkeep import statement


def situation(connection: psycopg.Connection[Any], grace: timedelta) -> Situation:
    """Return what holds for every file now."""
    left = tuple(map(str, behind(alive(connection))))
    return Situation(grace, mode.current(connection), left)


def standings(cursor: psycopg.RawCursor[Any], dump_ids: Sequence[int]) -> dict[int, Standing]:
    """Return what Postgres says of some dumps, ages by its clock."""
    rows = cursor.execute(statement("standings"), [list(dump_ids)])
    return {dump_id: _standing(*said) for dump_id, *said in rows}


def _standing(has_rows: bool, buried_ago: float | None, host: str | None, *moved: Any) -> Standing:
    buried = None if buried_ago is None else timedelta(seconds=buried_ago)
    if host is None:
        return Standing(has_rows, buried)
    path, size, sha256, ago = moved
    return Standing(has_rows, buried, Moved(host, path, size, sha256, timedelta(seconds=ago)))


def content(path: Path) -> Content:
    """Read a file whole; raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Content(file.tell(), digest.digest())
