"""What the values of settings and options mean.

Each reader raises TypeError or ValueError, whose words go on from the value: ``5 is not a text``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta, tzinfo
from typing import Any

DailyWindow = tuple[time, time, tzinfo | None]
"""When it opens and closes, in a zone; None for the machine's."""


def list_of(what: str) -> Callable[[Any], tuple[str, ...]]:
    """Return what reads a list of texts."""

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise TypeError(f"is not a list of {what}")
        return tuple(value)

    return read


def text(value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise TypeError("is not a text")
    return value


def number(of: str) -> Callable[[Any], int]:
    """Return what reads a whole number, 0 or more."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise TypeError(f"is not a number{of}")
        return value

    return read


def one_of(*words: str) -> Callable[[Any], str]:
    """Return what reads one of some words."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"is none of {', '.join(words)}")
        return str(value)

    return read


def severity(value: Any) -> dict[str, str]:
    """Read the level of each rule that is named."""
    if not isinstance(value, dict):
        raise TypeError("is not a table of rules")
    return {str(rule): one_of("error", "warning", "off")(level) for rule, level in value.items()}


def per_path(value: Any) -> dict[str, dict[str, str]]:
    """Read the same for each pattern of paths."""
    if not isinstance(value, dict):
        raise TypeError("is not a table of path patterns")
    return {str(pattern): severity(levels) for pattern, levels in value.items()}


_UNITS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def duration(value: Any) -> timedelta:
    """Read ``"500ms"``, ``"2s"``, ``"5min"``, ``"12h"`` or ``"7d"``; raises ValueError
    otherwise.
    """
    found = (
        re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*(ms|s|min|h|d)\s*", value)
        if isinstance(value, str)
        else None
    )
    if found is None:
        raise ValueError('is not a duration such as "500ms", "2s", "5min", "12h" or "7d"')
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


_SIZES = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def bytes_or_duration(value: Any) -> int | timedelta:
    """Read ``"500MB"`` (of 1024 kB, as Postgres counts) or a duration; raises ValueError
    otherwise.
    """
    sized = isinstance(value, str) and re.fullmatch(r"\s*(\d{1,9})\s*(B|kB|MB|GB|TB)\s*", value)
    if sized:
        return int(sized[1]) * _SIZES[sized[2]]
    try:
        return duration(value)
    except ValueError:
        raise ValueError('is neither a size such as "500MB" nor a duration such as "30s"') from None


def clock(value: Any) -> time:
    """Read a time of day, ``"06:00"``; raises ValueError otherwise."""
    found = isinstance(value, str) and re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*", value)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError('is not a time of day such as "06:00"')
    return time(int(found[1]), int(found[2]))


def window(value: Any) -> DailyWindow:
    """Read hours of the day, ``"22:00-06:00"``, and their zone if there is one; raises ValueError
    otherwise.
    """
    from zoneinfo import ZoneInfo

    hours, _, zone = value.strip().partition(" ") if isinstance(value, str) else ("", "", "")
    opens, _, closes = hours.partition("-")
    try:
        read = clock(opens), clock(closes), ZoneInfo(zone.strip()) if zone.strip() else None
    except (ValueError, OSError, LookupError):
        raise ValueError(
            'is not a window such as "22:00-06:00" or "22:00-06:00 Europe/Berlin"'
        ) from None
    if read[0] == read[1]:
        raise ValueError("is a window that closes when it opens")
    return read


def lock_timeout(value: Any) -> timedelta:
    """Read what Postgres takes as a lock_timeout; 0 would mean to it that locks are waited for
    without end.
    """
    found = duration(value)
    if not timedelta(milliseconds=1) <= found <= timedelta(days=24):
        raise ValueError('is not between "1ms" and "24d"')
    return found
