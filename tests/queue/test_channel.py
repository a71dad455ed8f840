"""A host's queue has a name that Postgres can announce."""

from __future__ import annotations

import pytest

from outofband.backfill.state import Name
from outofband.queue.channel import MOST_BYTES, queue_of, waiting_of

LONG = "ip-10-20-30-40.eu-central-1.compute.internal"


@pytest.mark.parametrize("place", ["", "db1", "x" * 40, LONG, "ü" * 30, "x" * 255])
def test_it_fits_into_the_name_of_a_channel(place: str) -> None:
    assert len(f"procrastinate_queue_v1#{queue_of(place)}".encode()) < 64


@pytest.mark.parametrize("place", ["db1", "x" * MOST_BYTES, "ü" * (MOST_BYTES // 2)])
def test_a_short_name_is_the_queues(place: str) -> None:
    assert queue_of(place) == place


def test_long_names_that_begin_alike_are_two_queues() -> None:
    assert queue_of(LONG + "1") != queue_of(LONG + "2")
    assert queue_of(LONG).startswith("ip-10-20-30-40.eu-central-1.")


def test_a_call_waits_once_for_each_backfill_on_each_host() -> None:
    calls = {
        waiting_of(Name(name, schema), place)
        for name in ("a", "b")
        for schema in ("s", "t")
        for place in ("x", "y")
    }
    assert len(calls) == 8
