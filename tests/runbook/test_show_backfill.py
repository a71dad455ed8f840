"""How far a backfill is, in words and as JSON."""

from __future__ import annotations

import pytest

from outofband.catalog.facts import BackfillFacts
from outofband.model.progress import Progress
from outofband.runbook.show_backfill import entry, words

MB = 1 << 20


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (BackfillFacts(), ""),
        (BackfillFacts(truth="why not"), ""),
        (BackfillFacts(truth=Progress(0, 0)), "████████████ 100% of 0 rows"),
        (
            BackfillFacts(progress=Progress(250, 1000), rows_per_second=50.0),
            "███░░░░░░░░░ 25% of 1,000 rows, 50 rows/s, 15.0 s left",
        ),
        (
            BackfillFacts(
                truth=Progress(1, 2, "bundles"), bytes_per_second=10.0 * MB, open_bytes=100 * MB
            ),
            "██████░░░░░░ 50% of 2 bundles, 10 MB/s, 10.0 s left",
        ),
        (
            BackfillFacts(truth=Progress(25 * MB, 100 * MB, "bytes"), bytes_per_second=25.0 * MB),
            "███░░░░░░░░░ 25% of 100 MB, 25 MB/s, 3.0 s left",
        ),
    ],
)
def test_it_is_told_as_far_as_it_is_known(facts: BackfillFacts, told: str) -> None:
    assert words(facts) == told


def test_json_leaves_out_what_nobody_knows() -> None:
    facts = BackfillFacts(truth=Progress(1, 2), open=3, running=1, waits="a lock")
    assert entry(facts) == {
        "done": 1,
        "total": 2,
        "unit": "rows",
        "waits": "a lock",
        "units_open": 3,
        "units_running": 1,
        "units_quarantined": 0,
        "rows_left_out": 0,
    }
