"""What ``check`` makes of where the steps stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum

from outofband.catalog.standing import Standing, is_wrong


class Verdict(Enum):
    """Fine, or why not."""

    FINE = "fine"
    PENDING = "pending"
    WRONG = "wrong"


def verdict(
    standings: Iterable[Standing], ages: Mapping[str, timedelta], bearable: timedelta | None
) -> Verdict:
    """Judge steps: wrong where something else is there than declared, pending where something is
    not there yet.

    What has been pending for less than ``bearable`` is fine; None bears nothing. ``ages`` are those
    of the revisions; a step whose revision has none is not borne either.
    """
    pending = [s for s in standings if not s.done]
    if any(is_wrong(s) for s in pending):
        return Verdict.WRONG
    for standing in pending:
        age = ages.get(standing.revision)
        if bearable is None or age is None or age >= bearable:
            return Verdict.PENDING
    return Verdict.FINE
