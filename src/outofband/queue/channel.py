"""The name of a host's queue. Pure.

Procrastinate announces a job on the channel ``procrastinate_queue_v1#QUEUE``, and a channel's name
has less than 64 bytes (PostgreSQL 18, NOTIFY): a queue's has 40 at most, fewer than many a host's.
"""

from __future__ import annotations

import hashlib

from outofband.backfill.state import Name
from outofband.model.names import MAX_IDENTIFIER_BYTES, clip

MOST_BYTES = MAX_IDENTIFIER_BYTES - len("procrastinate_queue_v1#")
_DIGITS = 8


def queue_of(place: str) -> str:
    """Return the queue of a host; of a long name as much as fits, and a hash of all of it."""
    if len(place.encode()) <= MOST_BYTES:
        return place
    digest = hashlib.sha256(place.encode()).hexdigest()[:_DIGITS]
    return f"{clip(place, MOST_BYTES - _DIGITS - 1)}~{digest}"


def waiting_of(name: Name, place: str) -> str:
    """Return what at most one job waits under: the call to a backfill on a host."""
    return f"{name.schema}.{name.name}@{place}"
