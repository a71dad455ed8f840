"""How long the application waits behind a lock of the runbook's."""

from __future__ import annotations

import threading
import time

import psycopg

LOCK_TIMEOUT_SECONDS = 1.0
"""The lock_timeout of the runbook's brief statements."""
BUSY_SECONDS = 2.0
"""What a busy machine may add to what a statement takes."""
LONGEST_SECONDS = LOCK_TIMEOUT_SECONDS + BUSY_SECONDS
"""Who waits on until the blocker is gone waits longer, where that stays for ``TRIES``."""
TRIES = 3


def longest_wait(url: str, statement: str, over: threading.Event) -> float:
    """Run a statement again and again and return the longest time it took, in seconds."""
    longest = 0.0
    with psycopg.connect(url, autocommit=True) as session:
        while not over.wait(0.01):
            started = time.monotonic()
            session.execute(statement)
            longest = max(longest, time.monotonic() - started)
    return longest
