"""``on_large = "build"``: the upgrade itself builds, concurrently, once it has committed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from outofband.model.locks import LOCK_CLASS

PATIENCE_SECONDS = 120.0
FILL = "INSERT INTO t SELECT n, n FROM generate_series(1, 5000) AS n"


@pytest.fixture(params=["psycopg", "psycopg2"])
def chain(connect, request):
    """A filled table, and a revision that declares two indexes of it, one over an expression."""
    project = connect(request.param)
    project.env_py(guarded=True)
    project.settings('inline_max_bytes = 0\non_large = "build"\n')
    project.revision("r1", 'op.execute("CREATE TABLE t (a int NOT NULL, b int)")')
    project.upgrade()
    project.sql(FILL)
    project.revision(
        "r2",
        'op.create_index_out_of_band("plain", "t", ["a"])\n'
        'op.create_index_out_of_band("partial", "t", ["b"], postgresql_where="a > 5")',
    )
    return project


def test_both_are_built_and_nothing_is_pending(chain, capsys) -> None:
    chain.upgrade()
    assert chain.indexes() == {"plain": False, "partial": False}
    said = capsys.readouterr().err
    assert said.count("doing create index") == 2
    assert "pending" not in said


def test_what_a_failed_build_left_goes_first(chain) -> None:
    chain.upgrade()
    with psycopg.connect(chain.libpq_url, autocommit=True) as session:
        session.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'plain'::regclass"
        )
    chain.downgrade("r1")
    chain.upgrade()
    assert chain.indexes()["plain"] is False


def test_while_a_runner_works_on_the_table_the_build_stays_pending(chain, capsys) -> None:
    with psycopg.connect(chain.libpq_url, autocommit=True) as runner:
        runner.execute(f"SELECT pg_advisory_lock({LOCK_CLASS}, 't'::regclass::oid::int4)")
        chain.upgrade()
    assert chain.indexes() == {}
    said = capsys.readouterr().err
    assert "another runner works on public.t" in said
    assert "2 steps are pending: run outofband apply" in said


def test_a_build_that_fails_stays_pending_and_is_left_to_a_person(chain, capsys) -> None:
    chain.sql("INSERT INTO t VALUES (1, 1)")
    chain.revision("r3", 'op.create_index_out_of_band("u", "t", ["a"], unique=True)')
    chain.upgrade()
    assert "failed (23505); it stays pending: run outofband apply" in capsys.readouterr().err
    assert "u" not in chain.indexes()
    chain.upgrade()
    said = capsys.readouterr().err
    assert "create index u is not done: a build left u__ob_" in said
    assert "doing" not in said


def test_the_whole_cure_is_done_in_one_upgrade(chain, capsys) -> None:
    chain.revision(
        "r3",
        'op.create_index_out_of_band("u", "t", ["a"], unique=True)\n'
        'op.create_primary_key_out_of_band("t_pkey", "t", ["a"], using_index="u")\n'
        'op.drop_index_out_of_band("plain", "t")',
    )
    chain.upgrade()
    assert chain.indexes() == {"t_pkey": True, "partial": False}
    assert "pending" not in capsys.readouterr().err


def test_what_an_earlier_upgrade_left_is_done_by_the_next(chain, capsys) -> None:
    chain.settings("inline_max_bytes = 0\n")
    chain.upgrade()
    assert chain.indexes() == {}
    assert "2 steps are pending" in capsys.readouterr().err
    chain.settings('inline_max_bytes = 0\non_large = "build"\n')
    chain.upgrade()
    assert chain.indexes() == {"plain": False, "partial": False}


def until_given_up(url: str) -> bool:
    """Wait until somebody has waited for a lock on t, and waits no more."""
    waiting = "SELECT 1 FROM pg_locks WHERE relation = 't'::regclass AND NOT granted"
    with psycopg.connect(url, autocommit=True) as dba:
        for wanted in (True, False):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while bool(dba.execute(waiting).fetchone()) is not wanted:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.02)
    return True


def test_a_promotion_waits_shortly_and_often_for_its_lock(chain, capsys) -> None:
    """A reader that stays keeps the upgrade for seconds, not the readers behind it."""
    chain.revision(
        "r3",
        'op.create_index_out_of_band("u", "t", ["a"], unique=True)\n'
        'op.create_primary_key_out_of_band("t_pkey", "t", ["a"], using_index="u")',
    )
    chain.settings("inline_max_bytes = 0\n")
    chain.upgrade()
    with psycopg.connect(chain.libpq_url, autocommit=True) as dba:
        dba.execute("CREATE UNIQUE INDEX u ON t (a)")
    chain.settings('inline_max_bytes = 0\non_large = "build"\n')
    capsys.readouterr()
    with psycopg.connect(chain.libpq_url) as reader, ThreadPoolExecutor() as beside:
        reader.execute("LOCK TABLE t IN ACCESS SHARE MODE")
        given_up = beside.submit(until_given_up, chain.libpq_url)
        given_up.add_done_callback(lambda _: reader.rollback())
        chain.upgrade()
        assert given_up.result()
    assert "t_pkey" in chain.indexes()


def test_without_the_guard_it_is_deferred_and_says_why(chain, capsys) -> None:
    chain.env_py(guarded=False)
    chain.upgrade()
    assert chain.indexes() == {}
    assert "needs guard(connection) in env.py" in capsys.readouterr().err
