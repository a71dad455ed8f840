"""Short looks at a server and its tables: read only, each ended by the server itself when it takes
too long, so that whoever waits for the table waits no longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from outofband.catalog.reader import Reader, Row

_AT_A_GLANCE = {
    "statement_timeout": "1s",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "work_mem": "64MB",
}


class Surveyor(Reader, Protocol):
    """A reader that also looks at tables."""

    def trial(self, select: str, *, settings: Mapping[str, str] | None = None) -> Sequence[Row]:
        """Run a select in a read-only transaction of its own, under these settings.

        Raises StatementFailed.
        """
        ...


def glance(surveyor: Surveyor, select: str, **settings: str) -> Row:
    """Return the one row of a query that a single process answers within a second.

    Raises StatementFailed.
    """
    (row,) = surveyor.trial(select, settings=_AT_A_GLANCE | settings)
    return row


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a select took on the server, in ``seconds``, and what it did.

    ``hit`` and ``read`` are blocks found in shared buffers and not, ``launched`` parallel workers.
    """

    seconds: float
    rows: float
    hit: int = 0
    read: int = 0
    launched: int = 0


def timed(surveyor: Surveyor, select: str, **settings: str) -> Timed:
    """Run a select on the server, which sends none of its rows. Raises StatementFailed."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {select}"
    told: dict[str, Any] = glance(surveyor, explain, **settings)["QUERY PLAN"][0]
    top = told["Plan"]
    return Timed(
        told["Execution Time"] / 1000,
        float(top["Actual Rows"]),
        top["Shared Hit Blocks"],
        top["Shared Read Blocks"],
        _launched(top),
    )


def _launched(node: Mapping[str, Any]) -> int:
    below = sum(_launched(child) for child in node.get("Plans", ()))
    return int(node.get("Workers Launched", 0)) + below
