"""What ``[tool.outofband]`` may say, and how it is told what it may not."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from outofband.settings import SettingsWrong, parse


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("1.5s", timedelta(seconds=1.5)),
        ("5min", timedelta(minutes=5)),
        (" 12 h ", timedelta(hours=12)),
        ("24d", timedelta(days=24)),
    ],
)
def test_a_lock_timeout_is_a_duration(told: str, meant: timedelta) -> None:
    assert parse({"lock_timeout": told}, "pyproject.toml").lock_timeout == meant


@pytest.mark.parametrize("told", ["0s", "0.4ms", "25d", "99999999999d", "2", 2, "-1s"])
def test_a_lock_timeout_that_postgres_would_take_for_none_is_refused(told: object) -> None:
    with pytest.raises(
        SettingsWrong, match=r"setting 'lock_timeout' in pyproject\.toml"
    ) as refused:
        parse({"lock_timeout": told}, "pyproject.toml")
    assert repr(told) in str(refused.value)


def test_an_unknown_setting_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(SettingsWrong, match="is unknown") as refused:
        parse({"inline-max-byte": 1}, "pyproject.toml")
    assert "Did you mean 'inline_max_bytes'?" in str(refused.value)


@pytest.mark.parametrize(
    ("key", "told", "meant"),
    [
        ("max_wait", "30min", timedelta(minutes=30)),
        ("max-lag", "500MB", 500 << 20),
        ("max-lag", "30s", timedelta(seconds=30)),
        ("window", "22:00-06:00", (time(22), time(6), None)),
        ("window", "9:30-17:00 Europe/Berlin", (time(9, 30), time(17), ZoneInfo("Europe/Berlin"))),
        ("notify", "tell --all", "tell --all"),
    ],
)
def test_the_limits_of_apply_are_read(key: str, told: str, meant: object) -> None:
    assert getattr(parse({key: told}, "pyproject.toml"), key.replace("-", "_")) == meant


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("max-lag", "500"),
        ("max-lag", "500mb"),
        ("max-lag", 500),
        ("window", "22:00"),
        ("window", "22:00-24:00"),
        ("window", "22:61-06:00"),
        ("window", "06:00-06:00"),
        ("window", "22:00-06:00 Mars/Olympus"),
        ("window", "22:00-06:00 ../../etc/passwd"),
        ("window", ["22:00", "06:00"]),
    ],
)
def test_a_limit_that_means_nothing_is_refused(key: str, told: object) -> None:
    with pytest.raises(SettingsWrong) as refused:
        parse({key: told}, "pyproject.toml")
    assert repr(told) in str(refused.value)
