"""Rows are read ahead of the server: in order, and no more of them than there is room for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codeintel.mover import packets
from codeintel.mover.checksum import Tally
from codeintel.mover.packets import Ahead, Packet
from codeintel.mover.tables import TABLES

FIRST, SECOND, THIRD, FOURTH = TABLES
PACKETS = [Packet(FIRST, b"1234", Tally()), *[Packet(THIRD, b"56", Tally())] * 3]


@pytest.fixture
def taken() -> list[Packet]:
    """What was taken from the bundle so far."""
    return []


@pytest.fixture
def ahead(taken: list[Packet]) -> Ahead:
    def read() -> Iterator[Packet]:
        for packet in PACKETS:
            taken.append(packet)
            yield packet

    return Ahead(read())


@pytest.mark.parametrize("reads", range(len(PACKETS) + 2))
def test_packets_come_in_the_order_of_their_tables_however_many_were_read_ahead(
    ahead: Ahead, reads: int
) -> None:
    for _ in range(reads):
        ahead.read()
    came = {table: list(ahead.of(table)) for table in TABLES}
    assert came == {FIRST: PACKETS[:1], SECOND: [], THIRD: PACKETS[1:], FOURTH: []}


def test_no_more_is_read_ahead_than_there_is_room_for(
    ahead: Ahead, taken: list[Packet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packets, "_READY", 5)
    while ahead.read():
        pass
    assert taken == PACKETS[:2]
    next(ahead.of(FIRST))
    while ahead.read():
        pass
    assert taken == PACKETS


def test_a_table_may_be_left_in_the_middle_and_taken_up_again(ahead: Ahead) -> None:
    list(ahead.of(FIRST))
    next(ahead.of(THIRD))
    assert len(list(ahead.of(THIRD))) == 2
