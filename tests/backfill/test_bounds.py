"""When a version of the application must not start."""

from __future__ import annotations

import pytest

from outofband.backfill import Bounds
from outofband.backfill.bounds import Version

MOVED = Bounds(introduced=(3, 21), deprecated=(3, 30))
COPIED = Bounds(introduced=(3, 21), non_destructive=True)


@pytest.mark.parametrize(
    ("bounds", "version", "begun", "finished", "refused"),
    [
        (MOVED, (3, 21), False, False, ""),
        (MOVED, (3, 29), True, False, ""),
        (MOVED, (3, 30), True, False, "version 3.30 reads the new place alone"),
        (MOVED, (4,), True, False, "version 4 reads the new place alone"),
        (MOVED, (3, 30), True, True, ""),
        (MOVED, (3, 20), False, False, ""),
        (MOVED, (3, 20), True, False, "version 3.20 reads the old place alone"),
        (MOVED, (3, 20), True, True, "version 3.20 reads the old place alone"),
        (COPIED, (3, 20), True, True, ""),
        (COPIED, (9, 0), True, False, ""),
    ],
)
def test_a_version_starts_where_it_finds_all_that_it_reads(
    bounds: Bounds, version: Version, begun: bool, finished: bool, refused: str
) -> None:
    told = bounds.refusal(version, begun=begun, finished=finished)
    assert told.startswith(refused) if refused else told == ""
