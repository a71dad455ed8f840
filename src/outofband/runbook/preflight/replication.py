"""Do replicas and slots keep up with what a build writes?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.model.names import literal, quote
from outofband.runbook.amount import size
from outofband.runbook.hand import Lag
from outofband.runbook.preflight.finding import Finding

LAGGING_BYTES = 1 << 30
LAGGING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Slot:
    """A replication slot: the WAL it keeps, and how much more may be written before it is lost
    (None: without end, PostgreSQL 18, max_slot_wal_keep_size).
    """

    name: str
    active: bool
    kept_bytes: int
    safe_bytes: int | None


def read_slots(reader: Reader) -> tuple[Slot, ...]:
    """List the replication slots that keep WAL."""
    return tuple(Slot(**row) for row in reader.rows(query("slots")))


def judge_lags(lags: Sequence[Lag], role: str) -> Iterator[Finding]:
    """Warn of replicas, and readers of slots, that are behind already: a build writes nearly its
    index's size as WAL. Of slots that nobody reads :func:`judge_slots` tells.
    """
    for lag in lags:
        behind, seconds = lag.bytes or 0, lag.seconds or 0.0
        if not lag.idle and (behind >= LAGGING_BYTES or seconds >= LAGGING_SECONDS):
            yield Finding(
                f"{lag.name} is behind by {size(behind)} and {seconds:,.0f} s, and a build will "
                "put it further behind",
                "Wait until it has caught up, or let --max-lag wait",
            )
    if hidden := [lag.name for lag in lags if lag.bytes is None and lag.hidden]:
        yield Finding(
            f"role {role} may not see how far behind these are: {', '.join(hidden)}",
            f"GRANT pg_monitor TO {quote(role)}; shows it",
        )


def judge_slots(slots: Sequence[Slot], wal_bytes: int) -> Iterator[Finding]:
    """Refuse what would cost a replica its slot; warn of slots that nobody reads."""
    for slot in slots:
        if slot.safe_bytes is not None and slot.safe_bytes < wal_bytes:
            yield Finding(
                f"replication slot {slot.name} would be lost: the builds write about "
                f"{size(wal_bytes)} of WAL, and it may fall behind by no more than "
                f"{size(max(0, slot.safe_bytes))} (max_slot_wal_keep_size)",
                _release(slot),
                stops=not slot.active,
            )
        elif not slot.active and slot.kept_bytes >= LAGGING_BYTES:
            yield Finding(
                f"nobody reads replication slot {slot.name}: it keeps {size(slot.kept_bytes)} of "
                f"WAL on disk, and the builds add about {size(wal_bytes)}",
                _release(slot),
            )


def _release(slot: Slot) -> str:
    if slot.active:
        return "Wait until its reader has caught up, or raise max_slot_wal_keep_size"
    return (
        "Start its reader, or if it is gone run "
        f"SELECT pg_drop_replication_slot({literal(slot.name).strip()});"
    )
