"""Durations as parameters of PostgreSQL take them."""

from __future__ import annotations

from datetime import timedelta


def milliseconds(duration: timedelta) -> str:
    """Return a duration in whole milliseconds, with the unit: ``2000ms``."""
    return f"{round(duration.total_seconds() * 1000)}ms"
