"""From a few batches to all of it."""

from __future__ import annotations

import pytest

from outofband.backfill import Progress, Unit
from outofband.backfill.estimate import Amount, Sample, amount, estimate, spread

MB = 1 << 20
FILES = [Unit("a", bytes=10 * MB), Unit("b", bytes=30 * MB)]


@pytest.mark.parametrize(
    ("progress", "units", "left"),
    [
        (Progress(200, 1000), [Unit("t")], Amount(800, "rows")),
        (None, [Unit("t", rows=70), Unit("u", rows=30)], Amount(100, "rows")),
        (None, FILES, Amount(40 * MB, "bytes")),
        (Progress(1, 4, "bundles"), FILES, Amount(30 * MB, "bytes")),
        (Progress(5 * MB, 20 * MB, "bytes"), FILES, Amount(15 * MB, "bytes")),
        (Progress(1000, 1000), [Unit("t")], Amount(0, "rows")),
        (None, [Unit("t")], None),
        (Progress(1, 4, "bundles"), [Unit("t")], None),
    ],
)
def test_what_is_left_is_told_by_bytes_where_they_are_known(
    progress: Progress | None, units: list[Unit], left: Amount | None
) -> None:
    assert amount(progress, units) == left


def test_units_are_tried_over_the_whole_range_of_sizes() -> None:
    units = [Unit(f"{n:03}", bytes=n) for n in range(100)]
    assert [unit.bytes for unit in spread(units, 5)] == [0, 25, 50, 74, 99]
    assert spread(units[:3], 5) == tuple(units[:3])


def test_the_sum_of_the_samples_counts_and_the_extremes_are_its_bounds() -> None:
    samples = [
        Sample(rows=10, bytes=1 * MB, seconds=0.5, grown=2 * MB, wal=3 * MB),
        Sample(rows=90, bytes=9 * MB, seconds=0.5, grown=8 * MB, wal=7 * MB),
        Sample(rows=0, bytes=0, seconds=0.1, grown=0, wal=0),
    ]
    told = estimate(Amount(100 * MB, "bytes"), samples)
    assert told is not None
    assert told.seconds == pytest.approx(10.0)
    assert (told.shortest, told.longest) == pytest.approx((100 / 18, 50.0))
    assert told.per_second == pytest.approx(10 * MB)
    assert (told.grown, told.wal, told.samples) == (100 * MB, 100 * MB, 2)


def test_batches_that_did_nothing_tell_nothing() -> None:
    assert estimate(Amount(10, "rows"), [Sample(0, 0, 0.1, 0, 0)]) is None
