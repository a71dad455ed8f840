"""The log against the tables: every way in which the demonstration may fail is counted."""

from __future__ import annotations

from collections import Counter

import pytest

from codeintel.demo.log import UPLOAD, Outcome, Request
from codeintel.demo.verdict import Tally, Verdict, judge, written
from codeintel.store.rows import DEFINITIONS, METADATA

LOADED: Tally = Counter({(1, DEFINITIONS): 10, (1, METADATA): 4})
"""A dump of the multiplying inserter."""

UPLOADED = Request(UPLOAD, 2, 0.0, 0.1, Outcome.OK, {DEFINITIONS: 5, METADATA: 1})
STAYED: Tally = Counter(
    {(1, DEFINITIONS): 10, (1, METADATA): 1, (2, DEFINITIONS): 5, (2, METADATA): 1}
)
MOVED: Tally = Counter({(1, METADATA): 3})


def other(rows: Tally, dump_id: int, table: str, by: int) -> Tally:
    return Counter({**rows, (dump_id, table): rows[dump_id, table] + by})


def test_all_is_well_when_each_row_is_where_it_belongs() -> None:
    assert judge([UPLOADED], LOADED, STAYED, MOVED) == Verdict(1, 0, 0, 0, 0)
    assert judge([UPLOADED], LOADED, STAYED, MOVED).is_clean


@pytest.mark.parametrize(
    ("found", "moved", "lost", "doubled"),
    [
        pytest.param(other(STAYED, 1, DEFINITIONS, -2), MOVED, 2, 0, id="loaded rows are gone"),
        pytest.param(other(STAYED, 2, DEFINITIONS, -5), MOVED, 5, 0, id="an upload is gone"),
        pytest.param(other(STAYED, 2, DEFINITIONS, 5), MOVED, 0, 5, id="an upload is there twice"),
        pytest.param(other(STAYED, 9, DEFINITIONS, 1), MOVED, 0, 1, id="nobody wrote that dump"),
        pytest.param(other(STAYED, 1, METADATA, 3), Counter(), 3, 3, id="duplicates have stayed"),
        pytest.param(
            other(STAYED, 1, METADATA, -1),
            other(MOVED, 1, METADATA, 1),
            1,
            1,
            id="every copy was moved, and none stayed",
        ),
        pytest.param(STAYED, Counter(), 3, 0, id="duplicates were deleted instead of moved"),
        pytest.param(
            STAYED, other(MOVED, 2, DEFINITIONS, 1), 0, 1, id="a row that was moved is still there"
        ),
    ],
)
def test_rows_are_missed_and_counted_twice(
    found: Tally, moved: Tally, lost: int, doubled: int
) -> None:
    verdict = judge([UPLOADED], LOADED, found, moved)
    assert (verdict.lost, verdict.doubled) == (lost, doubled)
    assert not verdict.is_clean


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.TIMEOUT, Outcome.WRONG])
def test_one_bad_answer_is_enough(outcome: Outcome) -> None:
    bad = Request("document", 1, 0.0, 0.1, outcome)
    assert not judge([UPLOADED, bad], LOADED, STAYED, MOVED).is_clean


def test_no_request_at_all_is_no_success() -> None:
    assert not judge([], Counter(), Counter(), Counter()).is_clean


def test_an_upload_that_failed_has_written_nothing() -> None:
    assert written([Request(UPLOAD, 3, 0.0, 0.1, Outcome.ERROR)]) == Counter()


def test_an_upload_that_came_too_late_has_written_its_rows() -> None:
    late = Request(UPLOAD, 3, 0.0, 11.0, Outcome.TIMEOUT, {METADATA: 1})
    assert written([late]) == Counter({(3, METADATA): 1})
