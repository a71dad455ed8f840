"""The queue's tables are made once, in our schema."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.queue.schema import QueueOfAnotherRelease, prepare

ELSEWHERE = """
    SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relname LIKE 'procrastinate%' AND n.nspname <> 'outofband'
"""


def made(url: str) -> None:
    with Session(Url(url)) as session:
        prepare(session)


def test_they_are_in_no_other_schema_and_making_them_again_is_nothing(database: str) -> None:
    made(database)
    made(database)
    with psycopg.connect(database) as connection:
        assert connection.execute(ELSEWHERE).fetchall() == []
        there = connection.execute("SELECT count(*) FROM outofband.procrastinate_jobs").fetchone()
        assert there == (0,)


def test_workers_that_start_at_once_make_them_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(made, [database] * 4)) == [None] * 4


def test_those_of_another_release_are_left_alone(prepared: str) -> None:
    with psycopg.connect(prepared, autocommit=True) as connection:
        connection.execute(
            "COMMENT ON TABLE outofband.procrastinate_jobs IS 'procrastinate 9.0.0, 00000000'"
        )
    with pytest.raises(QueueOfAnotherRelease) as refused:
        made(prepared)
    assert "was made by procrastinate 9.0.0" in str(refused.value)
