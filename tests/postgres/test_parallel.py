"""``--parallel N``: several tables at once, one build a table, each step told in its place."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import pytest

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.ending import End
from outofband.runbook.parallel import apply_beside
from outofband.runbook.world import Scope, World

BUILDS = "SELECT pid, relid::regclass::text FROM pg_stat_progress_create_index ORDER BY 2"


@pytest.fixture
def tables(docs: Any) -> Any:
    """Beside ``docs``, tables ``pages`` and ``users``, each larger than the one before."""
    for size, name in enumerate(("pages", "users"), start=2):
        docs.sql(f"CREATE TABLE {name} (LIKE docs)")
        docs.sql(f"INSERT INTO {name} SELECT d.* FROM docs AS d, generate_series(1, {size})")
    return docs


def beside(db: Any, wanted: Any, screen: Any, parallel: int) -> Any:
    with ExitStack() as opened:
        hands = [opened.enter_context(Session(Url(db.url))) for _ in range(parallel)]
        worlds = [World(hand, screen, Scope(wanted)) for hand in hands]
        view = worlds[0].look()
        return apply_beside(view.plan, view.seen, worlds)


def wants(steps: Any) -> Any:
    return steps.wants(
        steps.create("docs_id", "docs", "id"),
        steps.create("docs_path", "docs", "path"),
        steps.create("pages_id", "pages", "id", unique=True),
        steps.create("users_id", "users", "id"),
        steps.create("users_path", "users", "path"),
    )


def test_builds_run_at_once_one_a_table_the_largest_first(
    tables: Any, steps: Any, screen: Any
) -> None:
    with tables.writer("docs"), tables.writer("pages"), tables.writer("users"):
        run = tables.beside(lambda: beside(tables, wants(steps), screen, 2))
        rows = tables.eventually(lambda: len(found := tables.sql(BUILDS)) == 2 and found)
        assert {table for _, table in rows} == {"users", "docs"}
    endings = run.result()
    assert [(e.planned.step.name, e.end) for e in endings] == [
        ("docs_id", End.DONE),
        ("docs_path", End.DONE),
        ("pages_id", End.FAILED),
        ("users_id", End.DONE),
        ("users_path", End.DONE),
    ]
    assert "duplicate rows" in endings[2].why
    names = {"docs_id", "docs_path", "users_id", "users_path"}
    assert tables.indexes() == dict.fromkeys(sorted(names), True)


def test_two_parallel_runs_meet_without_harm(tables: Any, steps: Any, screen: Any) -> None:
    tables.sql("DELETE FROM pages WHERE ctid NOT IN (SELECT min(ctid) FROM pages GROUP BY id)")
    runs = [tables.beside(lambda: beside(tables, wants(steps), screen, 3)) for _ in range(2)]
    for run in runs:
        assert {e.end for e in run.result()} <= {End.DONE}
    assert len(tables.indexes()) == 5
    assert all(tables.indexes().values())
    assert len(screen.statements) == len(set(screen.statements)) == 10


def test_a_session_that_is_ended_holds_up_its_own_table_alone(
    tables: Any, steps: Any, screen: Any
) -> None:
    with tables.writer("docs"):
        run = tables.beside(lambda: beside(tables, wants(steps), screen, 3))
        docs = tables.eventually(lambda: [p for p, table in tables.sql(BUILDS) if table == "docs"])
        tables.eventually(lambda: {"users_id", "users_path"} <= set(tables.indexes()))
        tables.sql("SELECT pg_terminate_backend(%s, 5000)", docs[0])
    ends = {e.planned.step.name: e.end for e in run.result()}
    assert ends.pop("pages_id") is End.FAILED
    assert set(ends.values()) == {End.DONE}
    assert "the connection was lost; connecting again to see what is left" in screen.said


def test_after_kill_9_every_build_is_found_again_and_finished(tables: Any, steps: Any) -> None:
    wanted = [w.step for w in wants(steps).steps if w.step.name != "pages_id"]
    oids = "SELECT indexrelid::bigint FROM pg_index WHERE indrelid = ANY "
    oids += "('{docs,users}'::regclass[]) ORDER BY 1"
    with tables.old_snapshot():
        killed = tables.runner(*wanted, parallel=2)
        parked = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase ~ 'snapshots'"
        tables.eventually(lambda: tables.sql(parked) == [2])
        killed.kill()
        before = tables.sql(oids)
        second = tables.runner(*wanted, parallel=2)
        tables.eventually(lambda: second.printed()[1].count("another runner") >= 2)
    out, err = second.communicate(timeout=240)
    assert (second.returncode, out.count(" done ")) == (0, 4), err
    assert set(before) < set(tables.sql(oids))
    assert len(tables.indexes()) == 4


def test_one_that_cannot_go_on_ends_the_run_after_the_others(
    tables: Any, steps: Any, screen: Any
) -> None:
    built = threading.Event()

    class Killed(Exception):
        """Nothing in the runbook knows this one."""

    class Gone:
        """A session that ends the run of whoever uses it, once another has begun to build."""

        def __getattr__(self, name: str) -> Any:
            built.wait(240)
            raise Killed(name)

    with Session(Url(tables.url)) as session:
        worlds = [World(session, screen, Scope(wants(steps)))]
        view = worlds[0].look()
        worlds.append(World(Gone(), screen, Scope(wants(steps))))
        screen.meanwhile["CREATE INDEX"] = built.set
        with pytest.raises(Killed):
            apply_beside(view.plan, view.seen, worlds)
    assert "users_id" in tables.indexes() or "docs_id" in tables.indexes()
