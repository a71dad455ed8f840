"""How a run of a backfill ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What a run came to."""

    FINISHED = "finished"
    STOPPED = "stopped"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    ELSEWHERE = "elsewhere"
    """What is left can be done on other hosts alone."""
    QUARANTINED = "quarantined"
    """What is left is in quarantine."""
    STUCK = "stuck"
    """It cannot go on without a person."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict, ``why`` where it is not finished, and what to ``do``; ``acted`` tells whether
    any batch was committed.
    """

    verdict: Verdict
    why: str = ""
    do: str = ""
    acted: bool = False
