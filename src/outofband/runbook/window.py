"""When work may start: hours of the day, or until a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from outofband.runbook.rate import duration

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of every day in which work may start and has to end; they may pass midnight.

    In ``zone``, None for that of the moment asked about.
    """

    opens: time
    closes: time
    zone: tzinfo | None = None

    def closing(self, now: datetime) -> datetime | None:
        """Return when the hours that ``now`` is in are over; None outside of them."""
        local = self._local(now)
        for opens in (self._at(local, self.opens) - _DAY, self._at(local, self.opens)):
            closes = self._at(opens, self.closes)
            closes += _DAY if closes <= opens else timedelta()
            if opens <= local < closes:
                return closes
        return None

    def opening(self, now: datetime) -> datetime:
        """Return when they begin next."""
        local = self._local(now)
        opens = self._at(local, self.opens)
        return opens if opens > local else opens + _DAY

    def _local(self, now: datetime) -> datetime:
        return now.astimezone(self.zone) if self.zone else now

    @staticmethod
    def _at(day: datetime, clock: time) -> datetime:
        return day.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def next_time(now: datetime, clock: time) -> datetime:
    """Return the next moment at which a clock shows a time: what ``--until 06:00`` means."""
    today = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return today if today > now else today + _DAY


@dataclass(frozen=True, slots=True)
class Hours:
    """When a run may start work: within the ``window`` of the settings, and ``until`` a moment,
    which replaces it.
    """

    window: Window | None = None
    until: datetime | None = None

    def not_now(self, now: datetime, seconds: float | None) -> str:
        """Return why work that takes ``seconds`` (None: nobody knows) is not to start, empty where
        it is.
        """
        closes = self.until or (self.window.closing(now) if self.window else None)
        if closes is None:
            return f"the window opens at {_clock(self.window.opening(now))}" if self.window else ""
        # In one zone Python subtracts what clocks show, whatever they were put forward by.
        left = (closes.astimezone(UTC) - now.astimezone(UTC)).total_seconds()
        if left <= 0:
            return f"the time was up at {_clock(closes)}"
        if seconds is None:
            return f"nobody knows whether it is done by {_clock(closes)}: there is no estimate"
        if seconds > left:
            takes = f"it takes about {duration(seconds)}"
            return f"{takes}, and until {_clock(closes)} there are {duration(left)}"
        return ""


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M} {moment.tzname() or ''}".rstrip()
