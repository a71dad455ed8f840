"""A connection that is lost is opened anew, but neither for ever nor for a run that is to end."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from outofband.runbook import losses
from outofband.runbook.hand import SessionLost
from outofband.runbook.losses import Losses


def away(times: float, elsewhere: str = "") -> Callable[[], str]:
    """Return what reconnects to a server that is away for so many attempts."""
    attempts = itertools.count(1)

    def reconnect() -> str:
        if next(attempts) <= times:
            raise SessionLost
        return elsewhere

    return reconnect


@pytest.mark.parametrize("times", [0, 1, 7])
def test_it_is_tried_until_the_server_is_there_with_longer_and_longer_pauses(times: int) -> None:
    said: list[str] = []
    paused: list[float] = []
    Losses(away(times), said.append, paused.append).mend(SessionLost())
    assert said == ["the connection was lost; connecting again to see what is left"]
    assert len(paused) == times
    assert all(0.1 * 2**n <= pause <= 5 for n, pause in enumerate(paused[:5]))


def test_a_server_that_has_taken_over_is_named() -> None:
    said: list[str] = []
    Losses(away(0, "database app at db2:5432"), said.append).mend(SessionLost())
    assert said[1:] == ["another server has taken over: database app at db2:5432"]


def test_a_server_that_stays_away_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "_AWAY_SECONDS", 0)
    with pytest.raises(SessionLost):
        Losses(away(float("inf")), print, lambda _: False).mend(SessionLost())


def test_a_run_that_is_to_end_does_not_wait_for_the_server() -> None:
    with pytest.raises(SessionLost):
        Losses(away(float("inf")), print, lambda _: True).mend(SessionLost())


def test_a_connection_that_is_lost_again_and_again_is_given_up() -> None:
    again = Losses(away(0), print, lambda _: False)
    for _ in range(5):
        again.mend(SessionLost())
    last = SessionLost()
    with pytest.raises(SessionLost) as given_up:
        again.mend(last)
    assert given_up.value is last
