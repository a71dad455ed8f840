"""What options with a unit take: durations, sizes, times of day."""

from __future__ import annotations

import click

from outofband import settings


def seconds(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Read a duration such as 500ms, 2s, 5min, 12h or 7d; raises BadParameter."""
    if value is None:
        return None
    try:
        return settings.duration(value).total_seconds()
    except ValueError as error:
        raise click.BadParameter(f"{value!r} {error}") from None
