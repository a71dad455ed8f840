"""A queue in a database of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from calls import Calls
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.queue import due, jobs, worker
from outofband.queue.schema import prepare


@pytest.fixture
def prepared(database: str) -> str:
    """Return the URL of a database with the queue's tables."""
    with Session(Url(database)) as session:
        prepare(session)
    return database


@pytest.fixture
def calls(prepared: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Return the queue, whose workers look more often; what they do to signals is undone."""
    monkeypatch.setattr(jobs, "_POLL_SECONDS", 0.1)
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.2)
    monkeypatch.setattr(due, "_SHORTEST", 0.0)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Calls(prepared)
    for number, meant in before.items():
        signal.signal(number, meant)
