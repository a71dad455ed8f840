"""Why something could not be run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a revision could not be rendered completely, or env.py not run, and the line of the file
    that stopped it.
    """

    reason: str
    line: int
