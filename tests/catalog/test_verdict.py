"""What ``check`` makes of where the steps stand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outofband.catalog.sight import Sight
from outofband.catalog.standing import Standing
from outofband.catalog.verdict import Verdict, verdict
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import CreateIndex

STEP = CreateIndex(Index("i", QualifiedName("t"), (Key.of("a"),)))
WEEK, DAY = timedelta(days=7), timedelta(days=1)
AGES = {"young": DAY, "old": WEEK, "older": 2 * WEEK}


def standing(revision: str, state: State = State.ABSENT, *, done: bool = False) -> Standing:
    return Standing(STEP, revision, Sight(state), done)


@pytest.mark.parametrize(
    ("standings", "bearable", "expected"),
    [
        ([], None, Verdict.FINE),
        ([standing("young", State.VALID, done=True)], None, Verdict.FINE),
        ([standing("young")], None, Verdict.PENDING),
        ([standing("young")], WEEK, Verdict.FINE),
        ([standing("young"), standing("older")], WEEK, Verdict.PENDING),
        ([standing("old")], WEEK, Verdict.PENDING),
        ([standing("older", State.VALID, done=True), standing("young")], WEEK, Verdict.FINE),
        ([standing("of unknown age")], WEEK, Verdict.PENDING),
        ([standing("young", State.BUILDING)], WEEK, Verdict.FINE),
        ([standing("young", State.INVALID)], WEEK, Verdict.WRONG),
        ([standing("young", State.DIFFERENT), standing("older")], WEEK, Verdict.WRONG),
    ],
)
def test_only_what_is_young_enough_is_borne(
    standings: list[Standing], bearable: timedelta | None, expected: Verdict
) -> None:
    assert verdict(standings, AGES, bearable) is expected
