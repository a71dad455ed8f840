"""How many different values a table has, from a sample of its rows. Pure."""

from __future__ import annotations


def distinct_in(rows: float, sampled: int, different: int, single: int) -> float:
    """Return how many different values ``rows`` rows have.

    Of ``sampled`` rows, ``different`` values were seen and ``single`` of these once. The estimator
    is the one of ANALYZE (Haas and Stokes 1998, Duj1): it sees a value that most of the sample
    shares, and takes values seen once for rare ones.
    """
    if sampled <= 0:
        return rows
    if sampled >= rows:
        return float(different)
    seen = sampled - single + single * sampled / rows
    return min(rows, max(float(different), sampled * different / seen))
