"""The options that keep `apply` within limits: how long it waits, and when it starts work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from outofband.cli import values
from outofband.settings import Settings

if TYPE_CHECKING:
    from outofband.runbook.conditions import Conditions
    from outofband.runbook.watch import Patient

_OPTIONS = (
    click.option(
        "--max-wait",
        callback=values.duration,
        metavar="DURATION",
        help="Give up a build that waits longer than this for other transactions, and clean up "
        "what it leaves: 500ms, 2s, 5min, 12h or 7d.  [default: the setting max_wait, else no end]",
    ),
    click.option(
        "--max-lag",
        callback=values.bytes_or_duration,
        metavar="BYTES|DURATION",
        help="Start nothing while a replica or a slot is farther behind than this: 500MB of WAL, "
        "30s.  [default: the setting max_lag, else any]",
    ),
    click.option(
        "--until",
        callback=values.clock,
        metavar="HH:MM",
        help="Start nothing that, by its estimate, is not done by this time on this machine's "
        "clock; replaces the setting window.  [default: the setting window, else any time]",
    ),
    click.option(
        "--accept",
        multiple=True,
        callback=values.names,
        metavar="HAZARD,…",
        help="Agree to a plan that has no hazards but these, as plan names them, instead of "
        "--yes.  [default: ask]",
    ),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What was given of --max-wait, --max-lag, --until and --accept."""

    max_wait: timedelta | None = None
    max_lag: int | timedelta | None = None
    until: time | None = None
    accept: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """What says so on the command line."""
        told = ["--max-wait", f"{self.max_wait.total_seconds():g}s"] if self.max_wait else []
        if self.max_lag is not None:
            sized = isinstance(self.max_lag, int)
            text = f"{self.max_lag}B" if sized else f"{_seconds(self.max_lag):g}s"
            told += ["--max-lag", text]
        told += ["--until", f"{self.until:%H:%M}"] if self.until else []
        return told

    def patient(self, settings: Settings) -> Patient:
        """Return how long the run waits for others."""
        from outofband.runbook.watch import Patient

        longest = self.max_wait if self.max_wait is not None else settings.max_wait
        return Patient(None if longest is None else longest.total_seconds())

    def conditions(self, settings: Settings) -> Conditions:
        """Return when the run may start work."""
        from outofband.runbook.conditions import Conditions
        from outofband.runbook.lag import MaxLag
        from outofband.runbook.window import Hours, Window, next_time

        most = self.max_lag if self.max_lag is not None else settings.max_lag
        lag = MaxLag(bytes=most) if isinstance(most, int) else MaxLag(seconds=_seconds(most))
        window = Window(*settings.window) if settings.window and not self.until else None
        until = next_time(datetime.now(), self.until).astimezone() if self.until else None
        return Conditions(Hours(window, until), None if most is None else lag)


def _seconds(duration: int | timedelta | None) -> float | None:
    return duration.total_seconds() if isinstance(duration, timedelta) else None


def limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add --max-wait, --max-lag, --until and --accept, given to the command as ``limits``."""

    @wraps(command)
    def with_limits(
        *given: Any,
        max_wait: timedelta | None,
        max_lag: int | timedelta | None,
        until: time | None,
        accept: tuple[str, ...],
        **others: Any,
    ) -> None:
        command(*given, limits=Limits(max_wait, max_lag, until, accept), **others)

    for option in reversed(_OPTIONS):
        with_limits = option(with_limits)
    return with_limits
