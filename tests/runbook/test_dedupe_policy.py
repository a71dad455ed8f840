"""What the operator says about duplicates, and how fast rows then move."""

from __future__ import annotations

from itertools import pairwise

import pytest

from outofband.runbook.duplicates.pace import TARGET_SECONDS, Pace, rest
from outofband.runbook.duplicates.policy import Dedupe, DedupeWrong, KeepNewest, policy


@pytest.mark.parametrize(
    ("word", "by", "expected"),
    [
        ("report", None, Dedupe.REPORT),
        ("identical", None, Dedupe.IDENTICAL),
        ("keep-newest", "created_at", KeepNewest("created_at")),
    ],
)
def test_words_and_policy_say_the_same(word: str, by: str | None, expected: object) -> None:
    chosen = policy(word, by)
    assert chosen == expected
    flags = chosen.flags
    assert flags == () or policy(flags[1], flags[3] if len(flags) > 2 else None) == chosen


@pytest.mark.parametrize(
    ("word", "by"),
    [("keep-newest", None), ("keep-newest", ""), ("identical", "id"), ("report", "x")],
)
def test_words_that_do_not_go_together_are_refused(word: str, by: str | None) -> None:
    with pytest.raises(DedupeWrong):
        policy(word, by)


def test_a_batch_grows_to_what_its_time_allows_and_never_doubles_more_than_once() -> None:
    pace, sizes = Pace(), []
    for _ in range(12):
        sizes.append(pace.rows)
        pace = pace.after(pace.rows, pace.rows / 4_000)  # 4,000 rows a second
    assert all(after <= 2 * before for before, after in pairwise(sizes))
    assert sizes[-1] / 4_000 == pytest.approx(TARGET_SECONDS, rel=0.05)


def test_a_slow_batch_is_answered_at_once() -> None:
    assert Pace(10_000).after(10_000, 5.0).rows == 500


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1e6])
def test_a_batch_has_at_least_one_row_and_at_most_ten_thousand(seconds: float) -> None:
    for rows in (1, 10_000):
        assert 1 <= Pace(rows).after(rows, seconds).rows <= 10_000
    assert Pace(1).halved().rows == 1


def test_a_short_last_batch_does_not_slow_the_next() -> None:
    assert Pace(4_000).after(3, 0.001).rows >= 4_000


def test_the_application_has_as_much_time_as_the_batch() -> None:
    assert rest(0.25) == 0.25
