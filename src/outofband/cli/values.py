"""What options with a unit take: durations, sizes, times of day."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from outofband.settings import values

T = TypeVar("T")
Read = Callable[[click.Context, click.Parameter, str | None], T | None]


def _reader(read: Callable[[str], T]) -> Read[T]:
    """Make a reader of a setting a callback of an option: what it refuses is a BadParameter."""

    def callback(_: click.Context, __: click.Parameter, value: str | None) -> T | None:
        try:
            return None if value is None else read(value)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} {error}") from None

    return callback


duration = _reader(values.duration)
bytes_or_duration = _reader(values.bytes_or_duration)
clock = _reader(values.clock)


def names(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Read a list with commas, which may be given several times."""
    return tuple(name.strip() for part in value for name in part.split(",") if name.strip())
