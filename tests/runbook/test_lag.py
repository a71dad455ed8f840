"""Whether replicas are near enough for a build to start."""

from __future__ import annotations

import pytest

from outofband.runbook.hand import Lag
from outofband.runbook.lag import MaxLag, too_far

BYTES, SECONDS = MaxLag(bytes=1 << 20), MaxLag(seconds=30.0)
NEAR = Lag("replica near", 100, 0.5)
FAR = Lag("replica far", 5 << 20, 90.0)
HIDDEN = Lag("replica hidden", None, None, hidden=True)
IDLE = Lag("slot idle", 100, None, idle=True)
SILENT = Lag("replica silent", 100, None)
NOT_SHOWN = "how far replica hidden lags is hidden from a role without pg_monitor"
UNREAD = "slot idle is read by nobody, so that its lag is known in bytes alone"


@pytest.mark.parametrize(
    ("lags", "most", "why", "passes"),
    [
        ([FAR], BYTES, "replica far lags 5.0 MB, over the 1.0 MB of --max-lag", True),
        ([NEAR, FAR], SECONDS, "replica far lags 1 min 30 s, over the 30.0 s of --max-lag", True),
        ([HIDDEN], BYTES, NOT_SHOWN, False),
        ([IDLE], SECONDS, UNREAD, False),
        ([SILENT], SECONDS, "replica silent has not told yet how far it lags", True),
        ([FAR, HIDDEN], BYTES, NOT_SHOWN, False),
    ],
)
def test_a_replica_that_lags_or_may_lag_keeps_builds_from_starting(
    lags: list[Lag], most: MaxLag, why: str, passes: bool
) -> None:
    found = too_far(lags, most)
    assert found is not None
    assert (found.why, found.passes) == (why, passes)


@pytest.mark.parametrize(
    ("lags", "most"),
    [([], BYTES), ([NEAR], BYTES), ([NEAR], SECONDS), ([IDLE, SILENT], BYTES),
     ([Lag("slot", 1 << 20, None)], BYTES)],
)  # fmt: skip
def test_what_is_near_enough_keeps_nothing_from_starting(lags: list[Lag], most: MaxLag) -> None:
    assert too_far(lags, most) is None
