"""One runner a table: an advisory lock that is polled for and never waited for inside SQL."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import query
from outofband.model.locks import LOCK_CLASS
from outofband.runbook.hand import SessionLost
from outofband.runbook.world import World

_POLL_SECONDS = (0.1, 0.4)


@contextmanager
def working_on(table: TableFacts, world: World) -> Iterator[None]:
    """Hold a table's lock while the block runs; waits as long as another runner, or its orphan,
    lives. Raises GivenUp.

    The lock belongs to the session that builds. After a kill -9 of a runner the server goes on with
    its build and keeps the lock, so that waiting for the lock is waiting for the orphan to finish.
    """
    _take(table, world)
    try:
        yield
    finally:
        with suppress(SessionLost):
            world.hand.unlock(table.oid)


def _take(table: TableFacts, world: World) -> None:
    hand, screen = world.hand, world.screen
    if hand.try_lock(table.oid):
        return
    holders = hand.rows(query("advisory_holder"), {"class": LOCK_CLASS, "key": table.oid})
    pid = holders[0]["pid"] if holders else 0
    screen.say(f"another runner (pid {pid}) works on {table.name}; waiting for it")
    with screen.watching(f"work of another runner on {table.name}", pid) as check:
        while not hand.try_lock(table.oid):
            check()
            time.sleep(random.uniform(*_POLL_SECONDS))
