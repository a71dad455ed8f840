"""Every public name, used as an application uses it. A type checker reads it; nobody runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, assert_type

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from outofband import ready, ready_async
from outofband.backfill import (
    Abandoned,
    Batch,
    Bounds,
    Cursor,
    Damaged,
    Keyset,
    Limits,
    Progress,
    Quarantined,
    Size,
    Spec,
    Unit,
    VersionRefused,
    here,
    require_version,
)
from outofband.deploy import guard
from outofband.testing import test_every_revision_up_down_up, test_head_matches_models

assert_type(test_head_matches_models("no difference"), None)
TESTS: Sequence[Callable[..., None]] = (test_every_revision_up_down_up, test_head_matches_models)


def asks(connection: Connection) -> bool:
    """Ask before a page uses an index."""
    assert_type(ready(connection, "documents_path"), bool)
    return ready(connection, "documents_path", schema="app")


async def asks_later(connection: AsyncConnection) -> bool:
    """Ask the same where it is awaited."""
    return assert_type(await ready_async(connection, "documents_path", schema="app"), bool)


def upgrades(connection: Connection, run: Callable[[], None]) -> None:
    """Put an env.py's migrations under the guard."""
    assert_type(guard(connection).__enter__(), None)
    with guard(connection, wait=timedelta(seconds=30)):
        run()


BOUNDS = Bounds(introduced=(1, 2), deprecated=(2, 0), non_destructive=True)
FILLED = Keyset(
    table="documents",
    key=["id"],
    set={"kind": "'file'"},
    where="kind IS NULL",
    limits=Limits(target_seconds=0.2, max_lag_bytes=None),
)
assert_type(FILLED.limits.most_rows, int)
assert_type(Progress(1, 2).finished, bool)
assert_type(Progress(1, 2, "files").fraction, float)
assert_type(here(), str)


class Moved(Spec):
    """A spec of an application's own."""

    def progress(self, connection: Any) -> Progress:
        return Progress(done=connection.done, total=connection.total, unit="files")

    def units(self, connection: Any) -> Iterable[Unit]:
        return [Unit(f"{name}.db", rows=1, bytes=2, place=here()) for name in connection.names]

    def batch(self, connection: Any, unit: Unit, cursor: Cursor, size: Size) -> Batch:
        if connection.reads(unit.key, cursor, size.rows, size.bytes) is None:
            raise Damaged("it is no SQLite file")
        lost = Quarantined(unit.key, "a row that does not fit")
        return Batch(rows=size.rows, bytes=size.bytes, cursor=None, quarantined=[lost])

    def given_up(self, connection: Any, abandoned: Sequence[Abandoned]) -> int:
        assert_type(abandoned[0].row, str | None)
        return sum(connection.has(each.unit, each.row) for each in abandoned)

    def reverse(self) -> Spec | None:
        return FILLED


def starts(connection: Connection) -> str:
    """Refuse to start where the data is not as this version needs it."""
    try:
        assert_type(require_version(connection, "moved", BOUNDS, (1, 3)), None)
    except VersionRefused as refused:
        assert_type(refused.exit_status, int)
        return str(refused)
    return ""


def works(connect: Callable[[], AbstractContextManager[Any]], spec: Spec) -> Spec | None:
    """Anything that has a spec's methods is one."""
    with connect() as connection:
        assert_type(spec.progress(connection), Progress)
    return Moved().reverse()
