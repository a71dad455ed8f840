"""A partition is detached concurrently, and what died half-way is finished."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from mortal import Killed, Mortal
from outofband.catalog.verdict import Verdict, verdict
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import DetachPartition
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.hazards import hazards
from outofband.runbook.watch import Patient
from outofband.runbook.world import Scope, World

CONCURRENTLY = "ALTER TABLE public.events DETACH PARTITION public.e1 CONCURRENTLY"
PLAIN = "ALTER TABLE public.events DETACH PARTITION public.e1"
FINALIZE = "ALTER TABLE public.events DETACH PARTITION public.e1 FINALIZE"
ATTACHED = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass"


def detach(partition: str = "e1", **given: Any) -> DetachPartition:
    name = f"detach_{partition}"
    return DetachPartition(name, QualifiedName("events"), QualifiedName(partition), **given)


def leave_pending(events: Any, partition: str = "e1") -> None:
    """Detach concurrently beside a reader until lock_timeout, as a run does that dies there."""
    with events.transaction("SELECT * FROM events"):
        events.sql("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            events.sql(f"ALTER TABLE events DETACH PARTITION {partition} CONCURRENTLY")
        events.sql("RESET lock_timeout")


def test_a_partition_is_detached_concurrently_and_keeps_its_rows(events: Any, screen: Any) -> None:
    (ending,) = events.apply(detach(), screen=screen)
    assert (ending.end, screen.statements) == (End.DONE, [CONCURRENTLY])
    assert events.sql(ATTACHED) == ["e2"]
    assert events.sql("SELECT (SELECT count(*) FROM e1), (SELECT count(*) FROM events)") == [
        (500, 500)
    ]
    assert events.apply(detach()) == ()


def test_what_is_gone_is_detached(events: Any) -> None:
    events.sql("DROP TABLE e1")
    assert (events.standing(detach()).state, events.standing(detach()).done) == (State.ABSENT, True)


def test_a_pending_detach_is_pending_and_is_finished(events: Any, screen: Any) -> None:
    leave_pending(events)
    standing = events.standing(detach())
    assert (standing.state, standing.done) == (State.DETACH_PENDING, False)
    assert verdict([standing], {}, None) is Verdict.PENDING
    (ending,) = events.apply(detach(), screen=screen)
    assert (ending.end, screen.statements) == (End.DONE, [FINALIZE])
    assert events.sql(ATTACHED) == ["e2"]


@pytest.mark.parametrize("died_after", [0, 1])
def test_a_run_that_dies_about_a_detach_is_finished_by_the_next(
    events: Any, steps: Any, screen: Any, died_after: int
) -> None:
    leave_pending(events)
    with Session(Url(events.url)) as session:
        world = World(Mortal(session, died_after), screen, Scope(steps.wants(detach())))
        if died_after == 0:
            with pytest.raises(Killed):
                apply(world.look().plan, world)
        else:
            apply(world.look().plan, world)
    assert {e.end for e in events.apply(detach())} <= {End.DONE}
    assert events.sql(ATTACHED) == ["e2"]


def test_a_reader_of_the_table_is_given_way_to_and_the_rest_is_finalized(events: Any) -> None:
    screen = events.recorder()
    reader = psycopg.connect(events.url)
    screen.meanwhile["ALTER"] = lambda: reader.execute("SELECT * FROM events")
    run = events.beside(lambda: events.apply(detach(), screen=screen))
    events.eventually(lambda: screen.progress)
    reader.close()
    assert [e.end for e in run.result()] == [End.DONE]
    assert screen.statements == [CONCURRENTLY, FINALIZE]


def test_behind_an_old_snapshot_nothing_is_sent_and_who_has_it_is_told(events: Any) -> None:
    leave_pending(events)
    events.sql("CREATE TABLE elsewhere ()")
    screen = events.recorder()
    with events.transaction("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "TABLE elsewhere"):
        run = events.beside(lambda: events.apply(detach(), screen=screen))
        (look, *_) = events.eventually(lambda: screen.progress)
        assert events.sql("SELECT count(*) FROM e1") == [500]
        assert screen.statements == []
    assert look.phase == "waiting for old snapshots before FINALIZE"
    assert [b.query for b in look.waits_for] == ["TABLE elsewhere"]
    assert ([e.end for e in run.result()], screen.statements) == ([End.DONE], [FINALIZE])


def test_a_detach_is_not_begun_behind_a_reader_and_given_up_after_max_wait(events: Any) -> None:
    screen = events.recorder()
    with events.transaction("SELECT * FROM events"):
        (ending,) = events.apply(detach(), screen=screen, patient=Patient(max_wait=0.3))
    assert (ending.end, screen.statements) == (End.WAITING, [])
    assert re.match(r"given up: waiting for transactions before DETACH took \d+\.\d", ending.why)
    assert events.standing(detach()).state is State.VALID


def test_beside_a_default_partition_the_table_is_locked_for_milliseconds(
    events: Any, screen: Any
) -> None:
    events.sql("CREATE TABLE e3 PARTITION OF events DEFAULT")
    names = {found.hazard.name for found in hazards(events.plan(detach()))}
    assert names == {"locks-table-briefly", "detaches-partition"}
    (ending,) = events.apply(detach(), screen=screen)
    assert (ending.end, screen.statements) == (End.DONE, [PLAIN])
    (ending,) = events.apply(detach("e3"))
    assert (ending.end, events.sql(ATTACHED)) == (End.DONE, ["e2"])


def test_beside_another_pending_detach_what_to_finish_first_is_said(events: Any) -> None:
    leave_pending(events, "e2")
    (ending,) = events.apply(detach())
    assert ending.end is End.REFUSED
    assert "ALTER TABLE public.events DETACH PARTITION e2 FINALIZE first" in ending.why
    wanted = detach("e2", after=()), detach(after=())
    assert [e.end for e in events.apply(*wanted)] == [End.DONE, End.REFUSED]
    assert [e.end for e in events.apply(*wanted)] == [End.DONE]


def test_a_detach_waits_for_every_earlier_step_on_its_table(events: Any, steps: Any) -> None:
    index = steps.create("by_path", "events", "path")
    assert events.standings(index, detach())[1].waits_for == ("by_path",)
    assert events.standings(index, detach(after=()))[1].waits_for == ()
    endings = events.apply(index, detach())
    assert [e.end for e in endings] == [End.DONE, End.DONE]
    assert all(s.done for s in events.standings(index, detach()))
