"""Fifty upgrades at once: one does the work, each ends with it done, none waits for too long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text

from outofband.deploy import guard
from outofband.deploy.guard import UpgradeLocked

PODS = 50


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = create_engine(database.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    yield made
    made.dispose()


def test_fifty_at_once_end_with_the_work_done_once(engine: Engine) -> None:
    inside, crowd, worked = threading.Lock(), threading.Barrier(PODS), []

    def pod(number: int) -> bool:
        with engine.connect() as connection:
            crowd.wait()
            with guard(connection):
                assert inside.acquire(blocking=False), "two upgrades at once"
                if not connection.execute(text("SELECT to_regclass('done')")).scalar():
                    connection.execute(text("CREATE TABLE done (a int)"))
                    worked.append(number)
                connection.commit()
                inside.release()
            return bool(connection.execute(text("SELECT to_regclass('done')")).scalar())

    with ThreadPoolExecutor(PODS) as pods:
        assert all(pods.map(pod, range(PODS)))
    assert len(worked) == 1


def test_none_waits_longer_than_it_was_told_to(engine: Engine) -> None:
    wait = 0.4

    def pod(_: int) -> float:
        with engine.connect() as connection:
            began = time.monotonic()
            with pytest.raises(UpgradeLocked), guard(connection, wait=timedelta(seconds=wait)):
                pytest.fail("the lock is held")
            return time.monotonic() - began

    with engine.connect() as first, guard(first), ThreadPoolExecutor(10) as pods:
        waited = list(pods.map(pod, range(10)))
    assert min(waited) >= wait
    # What a machine with other work may add to a statement and a sleep; a poll is 0.2 s.
    assert max(waited) < wait + 1.0
