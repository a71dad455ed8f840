"""``on_large = "build"``: the upgrade itself builds, concurrently, once it has committed."""

from __future__ import annotations

import psycopg
import pytest

from outofband.model.locks import LOCK_CLASS

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
    assert said.count("building") == 2
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


def test_a_build_that_fails_stays_pending_and_says_so(chain, capsys) -> None:
    chain.sql("INSERT INTO t VALUES (1, 1)")
    chain.revision("r3", 'op.create_index_out_of_band("u", "t", ["a"], unique=True)')
    chain.upgrade()
    assert "failed (23505); it stays pending" in capsys.readouterr().err
    assert "u" not in chain.indexes()


def test_without_the_guard_it_is_deferred_and_says_why(chain, capsys) -> None:
    chain.env_py(guarded=False)
    chain.upgrade()
    assert chain.indexes() == {}
    assert "needs guard(connection) in env.py" in capsys.readouterr().err
