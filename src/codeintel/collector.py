"""When Python looks for cycles among objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_cycle_collection() -> Iterator[None]:
    """Suspend the collector of cycles for a block that builds much and lets go of nothing.

    Reading a dump and scanning a package do; looking for garbage in what they build takes up to
    half of their time, and finds none.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
