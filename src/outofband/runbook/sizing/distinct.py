"""How many different values a table has, from a sample of its rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FREQUENT = 50
"""What occurs more often in a sample is a value that every sample of this size would have."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sample of ``rows`` rows has: how many ``different`` values, how many of these once.

    ``frequent`` values occur more than FREQUENT times, in ``frequent_rows`` rows together.
    """

    rows: int
    different: int
    once: int
    frequent: int = 0
    frequent_rows: int = 0


def distinct_in(rows: float, seen: Seen) -> float:
    """Return how many different values ``rows`` rows have, going by a sample of them.

    The frequent ones are taken as they are, and the others estimated by themselves, so that half a
    table of NULLs does not hide that the other half is unique (Haas and Stokes 1998, Duj2a; ANALYZE
    uses Duj1 for all that is not NULL).
    """
    if not seen.rows or seen.rows >= rows:
        return float(seen.different) if seen.rows else rows
    rare_seen, rare = seen.rows - seen.frequent_rows, seen.different - seen.frequent
    if not rare_seen:
        return float(seen.frequent)
    rare_rows = rows * rare_seen / seen.rows
    covered = rare_seen - seen.once + seen.once * rare_seen / rare_rows
    return seen.frequent + min(rare_rows, max(float(rare), rare_seen * rare / covered))
