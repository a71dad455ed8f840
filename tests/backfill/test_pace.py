"""Each thing that the server says makes the engine wait, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outofband.backfill import Limits
from outofband.backfill.pace import Go, Pace, Signals, Wait, borne, reason, rest
from outofband.runbook.hand import Lag

MB = 1 << 20
LIMITS = Limits()
HIDDEN = (Lag("replica c", None, None, hidden=True),)
FAR = (Lag("replica b", 300 * MB, 4.0), Lag("replica a", 10, 0.0))


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        (Signals(), ""),
        (Signals(build=7), "pid 7 builds or drops an index on the table"),
        (Signals(lock_waits=2), "sessions that wait for a lock on the table: 2"),
        (
            Signals(own_lock_waits=3),
            "batches in a row that met a lock, a timeout or a deadlock: 3",
        ),
        (Signals(vacuum=9), "pid 9 vacuums or analyzes the table"),
        (Signals(lags=FAR), "replica b lags 300 MB, over the 256 MB of max_lag_bytes"),
        (
            Signals(lags=HIDDEN),
            "how far replica c lags is hidden from a role without pg_monitor; GRANT pg_monitor to"
            " it, or let Limits(bears_hidden_lag=True) of the spec go on without",
        ),
        (Signals(unarchived=42), ""),
        (Signals(unarchived=43), "WAL segments that wait for the archive: 43, over 42"),
        (Signals(transaction_seconds=900.0), ""),
        (
            Signals(transaction_seconds=1000.0),
            "a transaction has been open for 16 min 40 s, over 15 min 0 s: until it ends no VACUUM"
            " removes what the batches leave",
        ),
        # What others wait for is told before what the server bears.
        (Signals(build=7, vacuum=9, lags=FAR), "pid 7 builds or drops an index on the table"),
    ],
)
def test_what_speaks_against_the_next_batch_is_told_in_words(signals: Signals, why: str) -> None:
    assert reason(signals, LIMITS) == why


@pytest.mark.parametrize(
    ("signals", "given"),
    [
        (Signals(vacuum=9), {"yield_to_autovacuum": False}),
        (Signals(lags=FAR), {"max_lag_bytes": None}),
        (Signals(lags=HIDDEN), {"max_lag_bytes": None}),
        (Signals(lags=HIDDEN), {"bears_hidden_lag": True}),
        (Signals(unarchived=99), {"max_unarchived": None}),
        (Signals(transaction_seconds=1e6), {"max_transaction_seconds": None}),
    ],
)
def test_a_spec_may_bear_more(signals: Signals, given: dict[str, object]) -> None:
    assert reason(signals, replace(LIMITS, **given)) == ""


def test_what_it_bears_unseen_is_told() -> None:
    bearing = replace(LIMITS, bears_hidden_lag=True)
    told = "goes on though it is hidden from this role how far they lag: replica c"
    assert borne(Signals(lags=HIDDEN), bearing) == told
    assert borne(Signals(lags=FAR), bearing) == ""
    assert borne(Signals(lags=HIDDEN), LIMITS) == ""
    assert "replica b lags" in reason(Signals(lags=(*HIDDEN, *FAR)), bearing)


def test_it_waits_twice_as_long_each_time_up_to_a_minute_and_begins_anew() -> None:
    pace, waits = Pace(LIMITS), []
    for _ in range(8):
        decision, pace = pace.next(Signals(build=1))
        assert isinstance(decision, Wait)
        waits.append(decision.seconds)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    decision, pace = pace.next(Signals())
    assert decision == Go()
    decision, _ = pace.next(Signals(build=1))
    assert decision == Wait(1.0, "pid 1 builds or drops an index on the table")


def test_locks_met_in_a_row_make_it_wait_longer_though_it_tried_between_them() -> None:
    pace = Pace(LIMITS)
    waits = []
    for met in (1, 2, 3, 9):
        decision, pace = pace.next(Signals(own_lock_waits=met))
        assert isinstance(decision, Wait)
        waits.append(decision.seconds)
        _, pace = pace.next(Signals())
    assert waits == [1, 2, 4, 60]


@pytest.mark.parametrize(
    ("cpu", "most", "seconds"),
    [(0.5, 0.9, 0.0), (0.9, 0.9, 0.0), (1.0, 0.5, 1.0), (None, 0.5, 0.0), (1.0, None, 0.0)],
)
def test_a_process_that_computes_more_than_it_may_rests(
    cpu: float | None, most: float | None, seconds: float
) -> None:
    assert rest(cpu, replace(LIMITS, max_cpu=most), 1.0) == pytest.approx(seconds)
