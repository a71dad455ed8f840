"""The queue's tables are made once, in our schema."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import psycopg
import pytest
from procrastinate.schema import SchemaManager

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
    told = str(refused.value)
    assert told.startswith("the queue in the schema outofband was made by procrastinate 9.0.0: ")
    assert f"procrastinate {version('procrastinate')}, which is installed, has other tables" in told
    assert "Install that release, or apply Procrastinate's migrations since then" in told
    assert "Nothing was changed." in told


def test_those_of_somebody_else_are_left_alone(prepared: str) -> None:
    with psycopg.connect(prepared, autocommit=True) as connection:
        connection.execute("COMMENT ON TABLE outofband.procrastinate_jobs IS NULL")
    with pytest.raises(QueueOfAnotherRelease, match="was made by somebody else"):
        made(prepared)


def test_a_schema_that_procrastinate_has_changed_is_told_and_nothing_is_made(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = SchemaManager.get_schema() + "\nCREATE TABLE procrastinate_news (id int);"
    monkeypatch.setattr(SchemaManager, "get_schema", lambda: changed)
    with pytest.raises(QueueOfAnotherRelease):
        made(prepared)
    with psycopg.connect(prepared) as connection:
        there = connection.execute("SELECT to_regclass('outofband.procrastinate_news')").fetchone()
    assert there == (None,)
