"""Brief statements give way: nobody waits behind a lock of ours for longer than about a second."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import suites
from outofband.runbook.ending import End
from waits import LONGEST_SECONDS, TRIES, longest_wait

pytestmark = suites.FAULTS


@pytest.mark.parametrize(
    "statement", ["SELECT FROM docs LIMIT 1", "INSERT INTO docs (id) VALUES (nextval('ids'))"]
)
def test_a_promotion_that_waits_keeps_nobody_waiting_longer_than_its_lock_timeout(
    docs: Any, steps: Any, screen: Any, statement: str
) -> None:
    docs.sql("CREATE SEQUENCE ids START 100000")
    build, promotion = steps.cure()[1:3]
    docs.apply(build)
    over = threading.Event()
    with docs.transaction("SELECT FROM docs LIMIT 1"):
        run = docs.beside(lambda: docs.apply(build, promotion, screen=screen))
        measured = docs.beside(longest_wait, docs.url, statement, over)
        docs.eventually(lambda: sum("trying again" in line for line in screen.said) >= TRIES)
    (ending,) = run.result()
    over.set()
    assert ending.end is End.DONE
    waited = measured.result()
    assert 0.3 < waited < LONGEST_SECONDS
    assert screen.said[0].startswith("canceling statement due to lock timeout (55P03)")


def test_a_renaming_waits_for_neither_readers_nor_writers(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX by_hand ON docs (id)")
    with docs.transaction("SELECT FROM docs WHERE id = 1", "UPDATE docs SET id = 0 WHERE id = 1"):
        (ending,) = docs.apply(steps.create("docs_id", "docs", "id"))
    assert ending.end is End.DONE


def test_an_index_goes_without_stopping_readers_or_writers(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX old ON docs (id)")
    docs.sql("CREATE SEQUENCE ids START 100000")
    over = threading.Event()
    with docs.transaction("UPDATE docs SET kind = 'x' WHERE id = 1"):
        run = docs.beside(lambda: docs.apply(steps.drop("old", "docs")))
        waiting = (
            "SELECT FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONC%%' "
            "AND wait_event_type = 'Lock' AND datname = current_database()"
        )
        docs.eventually(lambda: docs.sql(f"SELECT EXISTS ({waiting.replace('%%', '%')})")[0])
        reads = docs.beside(longest_wait, docs.url, "SELECT FROM docs WHERE id = 1", over)
        insert = "INSERT INTO docs (id) VALUES (nextval('ids'))"
        writes = docs.beside(longest_wait, docs.url, insert, over)
        docs.eventually(lambda: docs.sql("SELECT count(*) > 20 FROM docs WHERE id >= 100000")[0])
        over.set()
        assert (reads.result(), writes.result()) == (0.0, 0.0)
    assert run.result()[0].end is End.DONE
