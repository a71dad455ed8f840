"""Move rows that keep a unique index from being built into quarantine, batch by batch."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from outofband.catalog.reader import Row
from outofband.model.index import Index
from outofband.model.names import literal, quote
from outofband.model.sqlstates import DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE
from outofband.runbook.duplicates import rows
from outofband.runbook.duplicates.find import searching
from outofband.runbook.duplicates.pace import Pace, rest
from outofband.runbook.duplicates.policy import KeepNewest, Policy
from outofband.runbook.duplicates.quarantine import OWN_COLUMNS, Quarantine
from outofband.runbook.duplicates.references import Reference
from outofband.runbook.hand import Hand, StatementFailed
from outofband.runbook.reaction import advice, longest_pause
from outofband.runbook.stuck import Stuck
from outofband.runbook.waiting import GivenUp
from outofband.runbook.world import World

_CURSOR = "outofband_pairs"
_LOCKED = (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED)
_LOCK_RETRIES = 60
T = TypeVar("T")


def move(
    world: World,
    index: Index,
    quarantine: Quarantine,
    *,
    policy: Policy,
    step: str,
    pointing: tuple[Reference, ...] = (),
    moved: Callable[[int], None] = lambda _: None,
) -> int:
    """Move what the policy lets go and return how many rows that were.

    Each batch is one transaction: killed at any moment, every row is in exactly one of the two
    tables. A row that has changed since it was looked at is left to the next look. ``moved`` is
    told the running total.
    """
    hand = world.hand
    statements = _Statements(index, quarantine, policy, pointing)
    total = 0

    def send(batch: Sequence[Row]) -> None:
        nonlocal total
        total += statements.send(hand, batch, step)
        moved(total)

    in_batches(world, _pairs(hand, index, policy), send)
    return total


def _pairs(hand: Hand, index: Index, policy: Policy) -> Callable[[int], Sequence[Row]]:
    """Find the pairs, and return what fetches the next of them.

    The server holds the cursor when its transaction is over: it keeps no snapshot that a build or
    a vacuum would wait for, and the pairs need no memory here.
    """
    if hand.rows("SELECT FROM pg_cursors WHERE name = %(name)s", {"name": _CURSOR}):
        hand.write(f"CLOSE {_CURSOR}")
    with searching(hand, index) as by_index:
        found = rows.pairs(index, policy, by_index=by_index)
        hand.write(
            f"DECLARE {_CURSOR} NO SCROLL CURSOR WITH HOLD FOR SELECT extra::text, keeper::text"
            f" FROM ({found}) AS outofband_found ORDER BY outofband_found.extra"
        )
    return lambda count: hand.write(f"FETCH {count} FROM {_CURSOR}")


def in_batches(
    world: World, fetch: Callable[[int], Sequence[T]], send: Callable[[Sequence[T]], None]
) -> None:
    """Send batches that take about the target time, with a rest after each; a batch that meets a
    lock is cut in two and sent again. Raises Stuck when rows stay locked for minutes, and
    GivenUp when the operator cancels.
    """
    pace, retries = Pace(), 0
    waiting: list[T] = []
    while batch := _next(waiting, fetch, pace.rows):
        if world.patient.stopped.is_set():
            raise GivenUp("cancelled by the operator")
        started = time.monotonic()
        try:
            send(batch)
        except StatementFailed as failed:
            if failed.sqlstate not in _LOCKED:
                raise
            retries += 1
            if retries > _LOCK_RETRIES:
                raise Stuck("rows stay locked by others", advice(failed.sqlstate)) from None
            world.screen.say(f"{failed.what}; trying fewer rows again")
            waiting[:0] = batch
            pace = pace.halved()
            world.patient.stopped.wait(random.uniform(0.5, 1.0) * longest_pause(retries))
        else:
            retries = 0
            pace = pace.after(len(batch), time.monotonic() - started)
        time.sleep(rest(time.monotonic() - started))


def _next(waiting: list[T], fetch: Callable[[int], Sequence[T]], count: int) -> Sequence[T]:
    if not waiting:
        return fetch(count)
    batch, waiting[:] = waiting[:count], waiting[count:]
    return batch


class _Statements:
    """The two statements of a batch: lock, then look again and move.

    The second one sees what was committed before the locks were there: whoever refers to a row
    since then waits for it. Neither waits for a row while it keeps others: an application that
    writes to several rows of a group would be the victim of the deadlock (40P01, measured on 18).
    """

    def __init__(
        self,
        index: Index,
        quarantine: Quarantine,
        policy: Policy,
        pointing: tuple[Reference, ...],
    ) -> None:
        source = str(quarantine.source)
        self._lock = (
            f"SELECT FROM ONLY {_verbatim(source)} WHERE ctid = ANY (%(extras)s::tid[])"
            " FOR UPDATE NOWAIT"
        )
        self._move = _move_sql(index, quarantine, policy, pointing)

    def send(self, hand: Hand, batch: Sequence[Row], step: str) -> int:
        """Move what of a batch may still go; return how many rows that were."""
        given = {"extras": [p["extra"] for p in batch], "keepers": [p["keeper"] for p in batch]}
        with hand.transaction():
            hand.write(self._lock, given)
            return int(hand.write(self._move, {**given, "step": step})[0]["n"])


def _move_sql(
    index: Index, quarantine: Quarantine, policy: Policy, pointing: tuple[Reference, ...]
) -> str:
    source = str(quarantine.source)
    columns = ", ".join(map(quote, quarantine.columns))
    seen = (
        f"({source}.*)::{source} AS image, {rows.keys(index)},"
        f" {rows.newest_value(policy, source)} AS {rows.BY}"
    )
    free = "".join(f" AND NOT {reference.refers_to(source)}" for reference in pointing)
    target = str(quarantine.place)
    return f"""
        WITH outofband_pair AS (
            SELECT * FROM unnest(%(extras)s::tid[], %(keepers)s::tid[]) AS p(extra, keeper)),
        outofband_kept AS MATERIALIZED (
            SELECT {_verbatim(source)}.ctid AS keeper, {_verbatim(seen)}
              FROM ONLY {_verbatim(source)}
             WHERE {_verbatim(source)}.ctid = ANY (%(keepers)s::tid[])
               AND {_verbatim(rows.covered(index))}
               FOR SHARE NOWAIT),
        outofband_extra AS MATERIALIZED (
            SELECT {_verbatim(source)}.ctid AS extra, {_verbatim(seen)}
              FROM ONLY {_verbatim(source)}
             WHERE {_verbatim(source)}.ctid = ANY (%(extras)s::tid[])
               AND {_verbatim(rows.covered(index) + free)}),
        outofband_going AS (
            SELECT extra
              FROM outofband_pair JOIN outofband_kept USING (keeper)
                   JOIN outofband_extra USING (extra)
             WHERE {_goes(index, policy)}),
        outofband_moved AS (
            DELETE FROM ONLY {_verbatim(source)} USING outofband_going
             WHERE {_verbatim(source)}.ctid = outofband_going.extra
            RETURNING {_verbatim(source)}.*),
        outofband_stored AS (
            INSERT INTO {_verbatim(target)} ({_verbatim(columns)}, {", ".join(OWN_COLUMNS)})
            SELECT {_verbatim(columns)}, %(step)s, {_verbatim(literal(source))}::regclass,
                   clock_timestamp()
              FROM outofband_moved RETURNING 1)
        SELECT count(*) AS n FROM outofband_stored
    """


def _goes(index: Index, policy: Policy) -> str:
    """The condition that an extra row still equals its keeper, or is older with the same keys."""
    identical = "outofband_extra.image *= outofband_kept.image"
    if not isinstance(policy, KeepNewest):
        return identical
    same = [
        f"outofband_extra.{n} {rows.equals(index)} outofband_kept.{n}" for n in rows.names(index)
    ]
    extra, kept = f"outofband_extra.{rows.BY}", f"outofband_kept.{rows.BY}"
    older = f"({extra} < {kept} OR ({extra} IS NULL AND {kept} IS NOT NULL))"
    return f"({identical} OR ({' AND '.join(same)} AND {older}))"


def _verbatim(sql: str) -> str:
    """Keep the percent signs of a text in a statement that has parameters."""
    return sql.replace("%", "%%")
