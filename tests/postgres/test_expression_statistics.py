"""The planner knows the expression of an index by the time that the index has its name."""

from __future__ import annotations

from typing import Any

import pytest

from mortal import Killed, Mortal
from outofband.model.index import Key
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.show import script
from outofband.runbook.world import Scope, World

HOLDS = """
DO $$ BEGIN LOCK TABLE docs IN SHARE UPDATE EXCLUSIVE MODE; PERFORM pg_sleep(2); END $$
"""
KNOWN = "SELECT tablename FROM pg_stats WHERE tablename LIKE %s ORDER BY 1"


def lowered(steps: Any, table: str = "docs") -> Any:
    return steps.create("lowered", table, keys=(Key("(lower(path))"),))


def test_a_table_is_analysed_before_its_index_gets_its_name(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = lowered(steps)
    (ending,) = docs.apply(step, screen=screen)
    temporary = steps.temporary(step)
    assert ending.end is End.DONE
    assert screen.statements == [
        f"CREATE INDEX CONCURRENTLY {temporary} ON public.docs ((lower(path)))",
        "ANALYZE public.docs",
        f"ALTER INDEX public.{temporary} RENAME TO lowered",
    ]
    assert docs.sql(KNOWN, "lowered") == ["lowered"]


def test_an_index_of_columns_needs_no_analyze(docs: Any, steps: Any) -> None:
    text = script(docs.plan(steps.create("by_path", "docs", "path")), 180000, "here")
    assert "ANALYZE" not in text
    assert "ANALYZE public.docs;" in script(docs.plan(lowered(steps)), 180000, "here")


@pytest.mark.parametrize(("died_after", "again"), [(1, 1), (2, 1), (3, 0)])
def test_a_run_that_dies_about_the_analyze_is_finished_by_the_next(
    docs: Any, steps: Any, screen: Any, died_after: int, again: int
) -> None:
    step = lowered(steps)
    with Session(Url(docs.url)) as session:
        world = World(Mortal(session, died_after), docs.recorder(), Scope(steps.wants(step)))
        if died_after < 3:
            with pytest.raises(Killed):
                apply(world.look().plan, world)
        else:
            apply(world.look().plan, world)
    docs.apply(step, screen=screen)
    assert screen.statements.count("ANALYZE public.docs") == again
    assert docs.indexes() == {"lowered": True}
    assert docs.sql(KNOWN, "lowered") == ["lowered"]


def test_each_partition_is_analysed_before_its_part_is_attached(
    events: Any, steps: Any, screen: Any
) -> None:
    (ending,) = events.apply(lowered(steps, "events"), screen=screen)
    assert ending.end is End.DONE
    analyzed = [s for s in screen.statements if s.startswith("ANALYZE")]
    assert analyzed == ["ANALYZE public.e1", "ANALYZE public.e2a", "ANALYZE public.e2b"]
    assert len(events.sql(KNOWN, "%lowered%")) == 3


def test_an_autovacuum_on_the_table_gives_way_to_the_analyze(docs: Any, steps: Any) -> None:
    """It is made of a lock that is given up after two seconds, as an autovacuum gives up its own
    after deadlock_timeout: longer than the second that other statements wait.
    """
    screen = docs.recorder()
    held: list[Any] = []

    def vacuum() -> None:
        held.append(docs.by_hand(HOLDS))
        locked = "SELECT FROM pg_locks WHERE relation = 'docs'::regclass AND granted AND mode = %s"
        docs.eventually(lambda: docs.sql(locked, "ShareUpdateExclusiveLock"))

    screen.meanwhile["ANALYZE"] = vacuum
    (ending,) = docs.apply(lowered(steps), screen=screen)
    held[0].result()
    assert (ending.end, screen.said) == (End.DONE, [])
