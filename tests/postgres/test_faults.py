"""Runners killed, sessions ended, servers restarted, colleagues and DBAs at the same table."""

from __future__ import annotations

import io
import random
import time
from typing import Any

import psycopg
import pytest
from rich.console import Console

from outofband import ephemeral
from outofband.catalog.facts import WATCHER_PREFIX
from outofband.cli.screen import OperatorScreen
from outofband.model.state import State
from outofband.runbook.ending import End
from outofband.runbook.watch import Patient

WAITS = [
    pytest.param("writer", "waiting for writers before build", id="writers"),
    pytest.param("old_snapshot", "waiting for old snapshots", id="snapshots"),
]


def hold(db: Any, blocker: str) -> Any:
    return db.writer("docs") if blocker == "writer" else db.old_snapshot()


def index_oid(db: Any, pattern: str) -> Any:
    return db.sql("SELECT oid FROM pg_class WHERE relkind = 'i' AND relname LIKE %s", pattern)[0]


@pytest.mark.parametrize(("blocker", "phase"), WAITS)
def test_after_kill_9_the_server_goes_on_and_the_next_run_adopts_its_build(
    docs: Any, steps: Any, blocker: str, phase: str
) -> None:
    step = steps.create("docs_id", "docs", "id")
    with hold(docs, blocker):
        killed = docs.runner(step)
        docs.parked(phase)
        killed.kill()
        oid = index_oid(docs, "docs%ob%")
        assert docs.standing(step).state is State.BUILDING
        second = docs.runner(step)
        docs.eventually(lambda: "another runner" in second.printed()[1])
    out, err = second.communicate(timeout=240)
    assert (second.returncode, out) == (0, "docs_id done \n"), err
    assert docs.indexes() == {"docs_id": True}
    assert index_oid(docs, "docs_id") == oid


@pytest.mark.parametrize(("blocker", "phase"), WAITS)
def test_an_orphan_that_was_ended_too_is_healed_by_the_next_run(
    docs: Any, steps: Any, blocker: str, phase: str
) -> None:
    step = steps.create("docs_id", "docs", "id", unique=True)
    with hold(docs, blocker):
        killed = docs.runner(step)
        pid = docs.parked(phase)
        killed.kill()
        docs.sql("SELECT pg_terminate_backend(%s, 5000)", pid)
    expected = State.INVALID if blocker == "writer" else State.INVALID_ENFORCING
    assert docs.standing(step).state is expected
    (ending,) = docs.apply(step)
    assert ending.end is End.DONE
    assert docs.indexes() == {"docs_id": True}


@pytest.mark.parametrize("seed", range(5))
def test_kill_9_at_any_moment_harms_nothing(docs: Any, steps: Any, seed: int) -> None:
    killed = docs.runner(*steps.cure())
    docs.eventually(lambda: "CREATE INDEX" in killed.printed()[1])
    time.sleep(random.Random(seed).uniform(0, 0.12))  # not a wait: the moment of the kill
    killed.kill()
    for _ in range(2):
        endings = docs.apply(*steps.cure())
        if all(e.end is End.DONE for e in endings):
            break
    assert docs.apply(*steps.cure()) == ()
    assert docs.indexes() == {"docs_pkey": True}


@pytest.mark.parametrize("runners", [2, 5])
def test_of_many_runners_at_once_one_works_and_all_end_well(
    docs: Any, steps: Any, runners: int
) -> None:
    screens = [docs.recorder() for _ in range(runners)]
    runs = [docs.beside(lambda s=s: docs.apply(*steps.cure(), screen=s)) for s in screens]
    for run in runs:
        assert {e.end for e in run.result()} <= {End.DONE}
    sent = [sql for screen in screens for sql in screen.statements]
    assert len(sent) == len(set(sent)) == 6
    assert docs.indexes() == {"docs_pkey": True}


def test_a_runner_that_finds_another_healing_waits_for_it(
    docs: Any, steps: Any, screen: Any
) -> None:
    """A drop has no name of ours in it, so that it looks like a stranger's work on the table."""
    docs.sql("INSERT INTO docs (id) VALUES (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        docs.sql("CREATE UNIQUE INDEX CONCURRENTLY docs_id ON docs (id)")
    docs.sql("DELETE FROM docs WHERE path IS NULL")
    step = steps.create("docs_id", "docs", "id", unique=True)
    healing = "SELECT FROM pg_locks WHERE NOT granted AND pid = ANY (SELECT pid FROM "
    healing += "pg_stat_activity WHERE query LIKE 'DROP INDEX CONCURRENTLY%')"
    with docs.writer("docs"):
        first = docs.beside(lambda: docs.apply(step))
        docs.eventually(lambda: docs.sql(healing))
        assert docs.standing(step).state is State.BUILDING_ELSEWHERE
        second = docs.beside(lambda: docs.apply(step, screen=screen))
        docs.eventually(lambda: any("another runner" in line for line in screen.said))
    assert [run.result()[0].end for run in (first, second)] == [End.DONE, End.DONE]
    assert screen.statements == []
    assert docs.indexes() == {"docs_id": True}


def test_a_build_whose_session_is_ended_is_begun_again(docs: Any, steps: Any, screen: Any) -> None:
    step = steps.create("docs_id", "docs", "id", unique=True)
    with docs.old_snapshot():
        run = docs.beside(lambda: docs.apply(step, screen=screen))
        first = docs.parked("waiting for old snapshots")
        docs.sql("SELECT pg_terminate_backend(%s, 5000)", first)
        docs.eventually(lambda: docs.phase() and docs.parked("old snapshots") != first)
    assert run.result()[0].end is End.DONE
    assert "the connection was lost; connecting again to see what is left" in screen.said
    assert docs.indexes() == {"docs_id": True}


def test_a_lost_monitor_does_not_touch_the_build(docs: Any, steps: Any) -> None:
    said = io.StringIO()
    screen = OperatorScreen(Console(file=said, width=200))
    monitors = (
        f"SELECT pid FROM pg_stat_activity WHERE application_name LIKE '{WATCHER_PREFIX}%' "
        "AND datname = current_database()"
    )
    with docs.old_snapshot():
        step = steps.create("i", "docs", "id")
        run = docs.beside(lambda: docs.apply(step, screen=screen, patient=Patient()))
        docs.parked("waiting for old snapshots")
        (pid,) = docs.eventually(lambda: docs.sql(monitors))
        docs.eventually(lambda: "waiting for old snapshots" in said.getvalue())
        docs.sql("SELECT pg_terminate_backend(%s, 5000)", pid)
    assert run.result()[0].end is End.DONE
    assert "waits for pid" in said.getvalue()


def test_a_server_that_crashes_and_comes_back_is_waited_for(
    docs_on: Any, steps: Any, screen: Any
) -> None:
    with ephemeral.server(settings={"synchronous_commit": "on"}) as own:
        docs = docs_on(own.url())
        step = steps.create("docs_id", "docs", "id")
        with docs.old_snapshot() as snapshot:
            run = docs.beside(lambda: docs.apply(step, screen=screen))
            docs.parked("waiting for old snapshots")
            own.restart(immediate=True)
            snapshot.close()
        assert run.result()[0].end is End.DONE
        docs.reconnect()
        assert docs.indexes() == {"docs_id": True}


def test_an_index_dropped_by_hand_before_its_renaming_is_built_again(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    screen.meanwhile["ALTER INDEX"] = lambda: docs.sql(f"DROP INDEX {steps.temporary(step)}")
    (ending,) = docs.apply(step, screen=screen)
    assert (ending.end, len(screen.statements)) == (End.DONE, 4)
    assert docs.indexes() == {"docs_id": True}


def test_an_index_built_by_hand_before_the_renaming_is_kept_and_ours_goes(
    docs: Any, steps: Any, screen: Any
) -> None:
    screen.meanwhile["ALTER INDEX"] = lambda: docs.sql("CREATE INDEX docs_id ON docs (id)")
    (ending,) = docs.apply(steps.create("docs_id", "docs", "id"), screen=screen)
    assert ending.end is End.DONE
    assert docs.indexes() == {"docs_id": True}


def test_a_leftover_dropped_by_hand_first_is_no_failure(docs: Any, steps: Any, screen: Any) -> None:
    docs.sql("CREATE INDEX docs_id ON docs (id)")
    screen.meanwhile["DROP INDEX"] = lambda: docs.sql("DROP INDEX docs_id")
    (ending,) = docs.apply(steps.drop("docs_id", "docs"), screen=screen)
    assert ending.end is End.DONE


def test_a_table_dropped_meanwhile_is_told(docs: Any, steps: Any, screen: Any) -> None:
    screen.meanwhile["CREATE INDEX"] = lambda: docs.sql("DROP TABLE docs")
    (ending,) = docs.apply(steps.create("docs_id", "docs", "id"), screen=screen)
    assert (ending.end, ending.why) == (End.REFUSED, "there is no table docs")


def test_a_dbas_build_on_the_table_is_waited_for_and_not_run_into(
    docs: Any, steps: Any, screen: Any
) -> None:
    with docs.old_snapshot():
        by_hand = docs.by_hand(
            "CREATE INDEX CONCURRENTLY by_hand ON docs (path)", application_name="psql"
        )
        pid = docs.parked("waiting for old snapshots")
        run = docs.beside(lambda: docs.apply(steps.create("docs_id", "docs", "id"), screen=screen))
        waiting = f"pid {pid} (psql) works on public.docs; waiting for it"
        docs.eventually(lambda: waiting in screen.said)
        assert screen.statements == []
    by_hand.result()
    assert run.result()[0].end is End.DONE
    assert docs.indexes() == {"by_hand": True, "docs_id": True}
    assert not any("deadlock" in line for line in screen.said)


def test_a_dbas_build_under_the_wanted_name_is_left_alone(
    docs: Any, steps: Any, screen: Any
) -> None:
    with docs.old_snapshot():
        by_hand = docs.by_hand("CREATE INDEX CONCURRENTLY docs_id ON docs (id)")
        docs.parked("waiting for old snapshots")
        (ending,) = docs.apply(steps.create("docs_id", "docs", "id"), screen=screen)
        assert (ending.end, ending.acted, screen.statements) == (End.REFUSED, False, [])
    by_hand.result()
    assert docs.apply(steps.create("docs_id", "docs", "id")) == ()


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("statement_timeout", "2s"), ("lock_timeout", "2s"), ("transaction_timeout", "2s")],
)
def test_timeouts_of_the_role_end_no_build(
    docs: Any, steps: Any, parameter: str, value: str
) -> None:
    if parameter not in docs.sql("SELECT name FROM pg_settings"):
        pytest.skip(f"{parameter} is newer than this server")
    docs.sql("INSERT INTO docs SELECT n, 'p' || n FROM generate_series(1001, 60000) AS n")
    name = docs.sql("SELECT current_database()")[0]
    step = steps.create("docs_id", "docs", "id", unique=True)
    with docs.old_snapshot():
        docs.sql(f"ALTER DATABASE {name} SET {parameter} = '{value}'")
        run = docs.beside(lambda: docs.apply(step))
        pid = docs.parked("waiting for old snapshots")
        docs.eventually(
            lambda: docs.sql(
                "SELECT now() - query_start > interval '2.2 s' FROM pg_stat_activity "
                "WHERE pid = %s",
                pid,
            )[0]
        )
    assert run.result()[0].end is End.DONE
    assert docs.indexes() == {"docs_id": True}
