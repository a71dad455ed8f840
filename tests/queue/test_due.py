"""A host is called to a backfill when there is work, or may be."""

from __future__ import annotations

import pytest

from outofband.queue.due import Last, Standing, again_after, back_off, is_due

FREE = Standing("active", claimable=True)
NONE_FREE = Standing("active", claimable=False)
DUE = [
    ("it has never run anywhere", None, None, True),
    ("this worker has not listed its units yet", NONE_FREE, None, True),
    ("a unit is free", FREE, None, True),
    ("it is paused", Standing("paused", claimable=True), None, False),
    ("it is cancelled", Standing("cancelled", claimable=True), None, False),
    ("the last run has just ended", NONE_FREE, Last(1.0), False),
    ("it has just ended, and a unit is free", FREE, Last(1.0), False),
    ("a unit is free a while later", FREE, Last(10.0), True),
    ("nothing is free, and nobody has looked for a minute", NONE_FREE, Last(60.0), True),
    ("the last look was in vain as well", NONE_FREE, Last(60.0, idle=1), False),
    ("it is stuck, whatever is free", FREE, Last(30.0, stuck=True), False),
    ("it was stuck a minute ago", FREE, Last(60.0, stuck=True), True),
]


@pytest.mark.parametrize(
    ("standing", "last", "due"), [case[1:] for case in DUE], ids=[c[0] for c in DUE]
)
def test_it_is_due(standing: Standing | None, last: Last | None, due: bool) -> None:
    assert is_due(standing, last) is due


def test_new_units_are_looked_for_ever_more_rarely_but_always() -> None:
    assert [again_after(idle) for idle in (0, 1, 2, 3, 4, 5, 10_000)] == [
        60.0, 120.0, 240.0, 480.0, 900.0, 900.0, 900.0,
    ]  # fmt: skip


def test_a_server_that_is_away_is_asked_ever_more_rarely_but_always() -> None:
    assert [back_off(losses) for losses in (0, 1, 2, 3, 4, 5, 10_000)] == [
        1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0,
    ]  # fmt: skip
