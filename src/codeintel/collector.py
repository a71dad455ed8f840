"""When Python looks for cycles among objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_cycle_collection() -> Iterator[None]:
    """Suspend the collector of cycles for a block that builds much and lets go of nothing.

    Measured on sqlalchemy: scanning it takes 1.6 s instead of 4.1 s, reading and correlating its
    dump 10.0 s instead of 12.4 s.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
