"""Which backfills a host is to be called to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_SHORTEST, _LONGEST = 60.0, 900.0
_SOON_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a backfill stands for a host: what an operator wants of it, and whether there is a unit
    that could be claimed here now.
    """

    status: str
    claimable: bool


@dataclass(frozen=True, slots=True)
class Last:
    """How many ``seconds`` ago the last run here ended, how many in a row were ``idle`` by then,
    and whether it is ``stuck`` until a person has helped.
    """

    seconds: float
    idle: int = 0
    stuck: bool = False


def is_due(standing: Standing | None, last: Last | None) -> bool:
    """Tell whether there is work here, or there may be: units that nobody has listed yet.

    ``standing`` is None where it has never run, ``last`` where this worker has not run it.
    """
    if standing is not None and standing.status != "active":
        return False
    if last is None:
        return True
    if standing is not None and standing.claimable and not last.stuck:
        return last.seconds >= _SOON_SECONDS
    return last.seconds >= again_after(last.idle)


def again_after(idle: int) -> float:
    """Return after how many seconds to look for new units: the longer, the oftener in vain."""
    return min(_LONGEST, _SHORTEST * 2.0 ** min(idle, 10))


def back_off(losses: int) -> float:
    """Return how many seconds to wait before connecting again, after so many losses in a row."""
    return min(30.0, 2.0 ** min(losses, 10))
