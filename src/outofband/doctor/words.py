"""Numbers and lists in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 5


def count(number: int, thing: str, things: str = "") -> str:
    """Return how many there are of a thing: 1,200 scans, 3 queries."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def told(names: Sequence[str]) -> str:
    """Return a list of names, of which no more than a few are named."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
