"""Run a few batches and roll each back, to see what they take.

What is rolled back leaves rows that VACUUM removes, as many as the samples wrote.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from outofband.backfill.desk import Desk
from outofband.backfill.estimate import Sample, spread
from outofband.backfill.guard import of_spec
from outofband.backfill.spec import Batch, Cursor, Damaged, Spec, Unit
from outofband.backfill.state import query
from outofband.backfill.window import Window
from outofband.backfill.work import apply_limits

_UNITS = 8
_SECONDS = 10.0
_WAL = "SELECT CAST(pg_current_wal_insert_lsn() - '0/0' AS bigint) AS bytes"


class _RolledBack(Exception):
    """Ends the transaction of a sample."""


def samples(desk: Desk, spec: Spec, units: Sequence[Unit]) -> Iterator[Sample]:
    """Yield what batches took, of units of all sizes, for ten seconds in all. Raises
    StatementFailed, and whatever the spec raises.
    """
    before = {row["oid"]: row["bytes"] for row in desk.rows(query("sizes"))}
    chosen = spread(units, _UNITS)
    ends = time.monotonic() + _SECONDS
    for unit in chosen:
        window, cursor = Window.of(spec.limits), None
        until = time.monotonic() + _SECONDS / len(chosen)
        while time.monotonic() < min(until, ends):
            try:
                batch, sample = _sample(desk, spec, unit, cursor, window, before)
            except Damaged:  # the run puts it aside, and it takes no time
                break
            yield sample
            window, cursor = window.after(batch, sample.seconds), batch.cursor
            if cursor is None:
                break


def _sample(
    desk: Desk, spec: Spec, unit: Unit, cursor: Cursor, window: Window, before: dict[int, int]
) -> tuple[Batch, Sample]:
    (wal,) = desk.rows(_WAL)
    started = time.monotonic()
    try:
        with desk.transaction():
            apply_limits(desk, spec.limits)
            with of_spec(), desk.lend() as connection:
                batch = spec.batch(connection, unit, cursor, window.size)
            seconds = time.monotonic() - started
            sizes = {row["oid"]: row["bytes"] for row in desk.rows(query("grown"))}
            raise _RolledBack
    except _RolledBack:
        (now,) = desk.rows(_WAL)
    grown = sum(max(0, size - before.get(oid, 0)) for oid, size in sizes.items())
    before.update(sizes)
    return batch, Sample(batch.rows, batch.bytes, seconds, grown, now["bytes"] - wal["bytes"])
