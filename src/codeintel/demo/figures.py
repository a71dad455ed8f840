"""p50, p95 and failures of a stretch of the log. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codeintel.demo.log import FAILURES, UPLOAD, Outcome, Request


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some requests: how many, how long they took (seconds), how many failed or were wrong."""

    count: int
    p50: float
    p95: float
    failed: int
    wrong: int


def figures(requests: Iterable[Request]) -> Figures:
    """Return the figures; of no request at all both percentiles are not a number."""
    listed = list(requests)
    seconds = sorted(request.seconds for request in listed)
    return Figures(
        count=len(listed),
        p50=percentile(seconds, 50),
        p95=percentile(seconds, 95),
        failed=sum(r.outcome in FAILURES for r in listed),
        wrong=sum(r.outcome is Outcome.WRONG for r in listed),
    )


def percentile(ascending: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: the least value that ``percent`` of them do not exceed.

    It is always one of the values. Of none it is not a number.
    """
    if not ascending:
        return math.nan
    return ascending[max(0, math.ceil(len(ascending) * percent / 100) - 1)]


def between(requests: Iterable[Request], start: float, end: float) -> list[Request]:
    """Return the requests that ended in a stretch of the monotonic clock, its end excluded."""
    return [request for request in requests if start <= request.ended < end]


def of_kinds(requests: Iterable[Request], *kinds: str) -> list[Request]:
    """Return the requests of some kinds."""
    return [request for request in requests if request.kind in kinds]


def reads(requests: Iterable[Request]) -> list[Request]:
    """Return the requests that read."""
    return [request for request in requests if request.kind != UPLOAD]
