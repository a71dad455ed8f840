"""How long the application waits behind a lock of the runbook's."""

from __future__ import annotations

import re
import threading

import psycopg

LOCK_TIMEOUT_SECONDS = 1.0
"""The lock_timeout of the runbook's brief statements."""
LONGEST_SECONDS = LOCK_TIMEOUT_SECONDS + 0.5
"""How late a busy machine may let a timeout ring is in it. Who waits on until the blocker is gone
waits longer, where that stays for ``TRIES``."""
TRIES = 3
_TOLD = "-c log_lock_waits=on -c deadlock_timeout=10ms -c client_min_messages=log"
_WAITED = re.compile(r"acquired .* after ([\d.]+) ms")


def longest_wait(url: str, statement: str, over: threading.Event) -> float:
    """Run a statement again and again and return the longest time it stood for a lock, in seconds.

    By the server's account, which has no part in how busy the machine is: a wait of more than the
    deadlock_timeout is told when it is over (log_lock_waits, PostgreSQL 18, 19.8).
    """
    waited = [0.0]
    with psycopg.connect(url, autocommit=True, options=_TOLD) as session:
        session.add_notice_handler(
            lambda said: waited.extend(
                float(found[1]) / 1000 for found in _WAITED.finditer(said.message_primary or "")
            )
        )
        while not over.wait(0.01):
            session.execute(statement)
    return max(waited)
