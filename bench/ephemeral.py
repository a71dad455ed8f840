"""From nothing to a server that accepts connections: with an archive of initdb, and without.

::

    python bench/ephemeral.py [ROUNDS]

Prints medians in milliseconds. The two are interleaved, so that a busy machine slows both.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator

from outofband.ephemeral import server


@contextlib.contextmanager
def cache(folder: str) -> Iterator[None]:
    """Let servers keep their archive in ``folder``."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = folder
    try:
        yield
    finally:
        del os.environ["XDG_CACHE_HOME"]
        if before is not None:
            os.environ["XDG_CACHE_HOME"] = before


def measure() -> dict[str, float]:
    """Return the seconds that the parts of one life took."""
    begin = time.perf_counter()
    with server() as running:
        accepting = time.perf_counter()
        running.restart()
        restarted = time.perf_counter()
    gone = time.perf_counter()
    return {
        "zero to accepting": accepting - begin,
        "restart": restarted - accepting,
        "stop and remove": gone - restarted,
    }


def main(rounds: int) -> None:
    """Print the medians of ``rounds`` lives of a server on an empty and on a filled cache."""
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as filled:
        with cache(filled):
            measure()
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as empty:
                for name, folder in (("empty cache", empty), ("filled cache", filled)):
                    with cache(folder):
                        for part, seconds in measure().items():
                            seen[name, part].append(seconds)
    for (name, part), values in sorted(seen.items()):
        print(f"{name:12}  {part:17}  {statistics.median(values) * 1000:6.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
