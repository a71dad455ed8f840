"""When work may start: hours that pass midnight, clocks that are put forward, work that is too
long.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from outofband.runbook.window import Hours, Window, next_time

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Window(time(22), time(6), BERLIN)
NOON = Window(time(11), time(13, 30), BERLIN)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("window", "now", "closing"),
    [
        (NIGHT, at(10, 21, 59), None),
        (NIGHT, at(10, 22), at(11, 6)),
        (NIGHT, at(10, 23), at(11, 6)),
        (NIGHT, at(11, 0), at(11, 6)),
        (NIGHT, at(11, 5, 59), at(11, 6)),
        (NIGHT, at(11, 6), None),
        (NOON, at(10, 10, 59), None),
        (NOON, at(10, 11), at(10, 13, 30)),
        (NOON, at(10, 13, 30), None),
    ],
)
def test_a_window_is_open_between_its_hours(
    window: Window, now: datetime, closing: datetime | None
) -> None:
    assert window.closing(now) == closing


@pytest.mark.parametrize(
    ("now", "opening"),
    [(at(10, 6), at(10, 22)), (at(10, 21, 59), at(10, 22)), (at(10, 23), at(11, 22))],
)
def test_a_window_opens_again(now: datetime, opening: datetime) -> None:
    assert NIGHT.opening(now) == opening


def test_the_zone_is_that_of_the_window_and_not_of_whoever_asks() -> None:
    asked = datetime(2026, 11, 10, 21, 30, tzinfo=ZoneInfo("UTC"))
    assert NIGHT.closing(asked) == at(11, 6)


def test_a_night_in_which_clocks_are_put_forward_is_an_hour_shorter() -> None:
    now = datetime(2026, 3, 28, 23, 0, tzinfo=BERLIN)
    hours = Hours(NIGHT)
    six = timedelta(hours=6).total_seconds()
    assert hours.not_now(now, six) == ""
    assert hours.not_now(now, six + 60) == (
        "it takes about 6 h 1 min, and until 06:00 CEST there are 6 h 0 min"
    )


@pytest.mark.parametrize(
    ("now", "clock", "then"),
    [
        (at(10, 22), time(6), at(11, 6)),
        (at(10, 5), time(6), at(10, 6)),
        (at(10, 6), time(6), at(11, 6)),
    ],
)
def test_until_means_the_next_time_a_clock_shows_it(
    now: datetime, clock: time, then: datetime
) -> None:
    assert next_time(now, clock) == then


TOO_LONG = "it takes about 1 h 0 min, and until 06:00 CET there are 1 h 0 min"
UNKNOWN = "nobody knows whether it is done by 06:00 CET: there is no estimate"
UNTIL = Hours(until=at(11, 6))


@pytest.mark.parametrize(
    ("hours", "now", "seconds", "why"),
    [
        (Hours(), at(10, 12), None, ""),
        (UNTIL, at(11, 5), 3600.0, ""),
        (UNTIL, at(11, 5), 3601.0, TOO_LONG),
        (UNTIL, at(11, 5), None, UNKNOWN),
        (UNTIL, at(11, 6), 0.0, "the time was up at 06:00 CET"),
        (Hours(NIGHT), at(10, 12), 0.0, "the window opens at 22:00 CET"),
        (Hours(NIGHT), at(11, 5), 0.0, ""),
        (Hours(NIGHT, at(10, 14)), at(10, 12), 60.0, ""),
    ],
)
def test_nothing_starts_that_would_not_be_done_in_time(
    hours: Hours, now: datetime, seconds: float | None, why: str
) -> None:
    assert hours.not_now(now, seconds) == why
