"""A partitioned table, from the revision to the check."""

from __future__ import annotations

from typing import Any

import pytest

TABLE = """op.execute("CREATE TABLE events (id int NOT NULL, day int) PARTITION BY RANGE (id)")
    op.execute("CREATE TABLE e1 PARTITION OF events FOR VALUES FROM (0) TO (1000)")
    op.execute("CREATE TABLE e2 PARTITION OF events DEFAULT")
    op.execute("INSERT INTO events SELECT n, n FROM generate_series(1, 2000) AS n")"""
INDEX = 'op.create_index_out_of_band("events_id", "events", ["id"], unique=True)'
DROP = 'op.drop_index_out_of_band("events_id", "events")'


@pytest.fixture
def events(project: Any) -> Any:
    project.revise("1", None, TABLE)
    project.revise("2", "1", INDEX)
    project.revise("3", "2", DROP)
    return project


def test_it_is_deferred_planned_built_and_dropped_again(events: Any) -> None:
    events.upgrade("2")
    assert events.run("check").status == 1
    planned = events.run("plan").out
    assert "CREATE UNIQUE INDEX events_id__ob_" in planned
    assert " ON ONLY public.events (id)" in planned
    assert planned.count("CREATE UNIQUE INDEX CONCURRENTLY") == planned.count("ATTACH") == 2
    assert events.run("apply", "--yes").status == 0
    assert events.run("check").status == 0
    events.upgrade("3")
    planned = events.run("plan").out
    assert "DROP INDEX public.events_id" in planned
    assert "CONCURRENTLY" not in planned
    assert events.run("apply", "--yes").status == 0
    assert events.run("check").status == 0
    assert events.indexes() == []


def test_half_of_it_is_pending_and_says_how_much(events: Any) -> None:
    events.upgrade("2")
    events.sql("CREATE UNIQUE INDEX events_id ON ONLY events (id)")
    events.sql("CREATE UNIQUE INDEX by_hand ON e1 (id)")
    events.sql("ALTER INDEX events_id ATTACH PARTITION by_hand")
    told = " ".join(events.run("status").out.split())
    assert "partition incomplete" in told
    assert "it is there on 1 of 2 partitions" in told
    assert events.run("check").status == 1
    assert events.run("apply", "--yes", "--parallel", "2").status == 0
    assert events.run("check").status == 0


KEY = '"events_pkey", "events", ["id"], using_index="events_id"'


def test_a_key_on_it_is_planned_with_its_index_and_made_of_its_parts(events: Any) -> None:
    events.revise("3", "2", f"op.create_primary_key_out_of_band({KEY})")
    events.upgrade("3")
    assert events.run("check").status == 1
    planned = events.run("plan").out
    assert "ALTER TABLE ONLY public.events ADD CONSTRAINT events_pkey__ob_" in planned
    assert planned.count("CREATE UNIQUE INDEX CONCURRENTLY") == planned.count("ATTACH") == 2
    assert planned.count("PRIMARY KEY USING INDEX") == 2
    assert "locks-table-briefly" in planned
    scripted = events.run("plan", "--sql").out
    assert scripted.index("ALTER TABLE ONLY") < scripted.index("step events_pkey (absent)")
    assert events.run("apply", "--yes").status == 0
    assert events.run("check").status == 0
    told = " ".join(events.run("status").out.split())
    assert "constraint owned" in told
    assert "events_pkey" in events.indexes()


def test_half_of_a_key_is_pending_and_says_how_much(events: Any) -> None:
    events.revise("3", "2", f"op.create_primary_key_out_of_band({KEY})")
    events.upgrade("3")
    events.sql("ALTER TABLE ONLY events ADD CONSTRAINT events_pkey PRIMARY KEY (id)")
    events.sql("ALTER TABLE e1 ADD CONSTRAINT by_hand PRIMARY KEY (id)")
    events.sql("ALTER INDEX events_pkey ATTACH PARTITION by_hand")
    told = " ".join(events.run("status").out.split())
    assert told.count("partition incomplete") == 2
    assert "it is there on 1 of 2 partitions, and constraint events_pkey takes it there" in told
    assert events.run("check").status == 1
    assert events.run("apply", "--yes").status == 0
    assert events.run("check").status == 0


def test_a_key_that_cannot_be_is_refused_in_words(events: Any) -> None:
    events.revise("3", "2", f"op.create_primary_key_out_of_band({KEY})")
    events.upgrade("3")
    events.sql("ALTER TABLE events ALTER id DROP NOT NULL")
    applied = events.run("apply", "--yes")
    assert applied.status == 4
    assert "setting NOT NULL is a step of its own" in applied.err
    assert "Traceback" not in applied.err
