"""What the benchmarks share: lines that say whether a target is reached."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def verdict(what: str, value: float | None, target: float, unit: str = "x") -> str:
    """Return a line that says whether a target is reached, or by how much it is missed."""
    if value is None:
        return f"not measured  {what}"
    told = f"{value:.2f} {unit}, to reach: at most {target:g} {unit}"
    if value <= target:
        return f"reached       {what}: {told}"
    missed = f", {value / target - 1:.0%} over" if target else ""
    return f"MISSED        {what}: {told}{missed}"


def spread(values: Sequence[float]) -> str:
    """Return the median of seconds with the quarters around it, and of how many."""
    middle = statistics.median(values)
    if len(values) < 2:
        return f"{middle:8.3f} s"
    low, _, high = statistics.quantiles(values, n=4)
    return f"{middle:8.3f} s ({low:.3f} to {high:.3f}, {len(values)} runs)"


def at_least(what: str, value: float | None, target: float, unit: str = "x") -> str:
    """Return such a line of a target that is to be exceeded."""
    if value is None:
        return f"not measured  {what}"
    told = f"{what}: {value:.2f} {unit}, to reach: at least {target:g} {unit}"
    return f"reached       {told}" if value >= target else f"MISSED        {told}"
