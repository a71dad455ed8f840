"""``op.require_step``: refuses with status 3, and keeps what was finished before it."""

from __future__ import annotations

import psycopg
import pytest

from outofband.revisions.running import BarrierUnmet

TABLE = 'op.create_table("t", sa.Column("a", sa.Integer(), nullable=False))'
FILL = "INSERT INTO t SELECT n FROM generate_series(1, 30000) AS n"


def tables(database: str) -> set[str]:
    with psycopg.connect(database) as session:
        rows = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows} - {"alembic_version"}


@pytest.fixture(
    params=[(True, True), (True, False), (False, False)],
    ids=["guarded, a transaction each", "guarded, one transaction", "one transaction"],
)
def chain(on_server, request):
    guarded, per_migration = request.param
    on_server.env_py(options=f'{{"transaction_per_migration": {per_migration}}}', guarded=guarded)
    on_server.settings("inline_max_bytes = 100000\n")
    on_server.revision("r1", TABLE)
    on_server.revision("r2", 'op.create_index_out_of_band("ix", "t", ["a"], unique=True)')
    on_server.revision("r3", 'op.create_table("between")')
    on_server.revision("r4", 'op.require_step("ix")\nop.create_table("beyond")')
    return on_server


def test_met_it_lets_one_upgrade_through_to_the_end(chain, database) -> None:
    done = chain.alembic("upgrade", "head")
    assert (done.returncode, done.stderr) == (0, "")
    assert tables(database) == {"t", "between", "beyond"}


def test_unmet_it_keeps_the_declaration_that_the_same_upgrade_made(chain, database) -> None:
    chain.upgrade("r1")
    chain.sql(FILL)
    done = chain.alembic("upgrade", "head")
    assert done.returncode == 3
    assert done.stderr.count("requires the step ix") == 1
    assert "Traceback" not in done.stderr
    assert "Run `outofband apply --only ix`, then upgrade again" in done.stderr
    assert "The revisions before it are applied and committed" in done.stderr
    assert "r3" in chain.alembic("current").stdout
    assert tables(database) == {"t", "between"}


def test_once_the_step_is_done_the_same_upgrade_goes_through(chain, database) -> None:
    chain.upgrade("r1")
    chain.sql(FILL)
    assert chain.alembic("upgrade", "head").returncode == 3
    chain.sql("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)")
    assert chain.alembic("upgrade", "head").returncode == 0
    assert tables(database) == {"t", "between", "beyond"}


def test_in_a_program_it_is_an_exception_like_others(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql(FILL)
    caught = None
    try:
        chain.upgrade()
    except Exception as error:
        caught = error
    assert isinstance(caught, BarrierUnmet)
    assert caught.exit_status == caught.code == 3
    assert capsys.readouterr().err.count("requires the step ix") == 1


def test_a_promoted_step_counts_as_done(chain) -> None:
    chain.revision(
        "r5",
        'op.create_unique_constraint_out_of_band("uq", "t", ["a"], using_index="ix")',
    )
    chain.revision("r6", 'op.require_step("ix")')
    chain.revision("r7", 'op.require_step("uq")')
    assert chain.alembic("upgrade", "head").returncode == 0


def test_an_unknown_step_is_a_misuse(chain) -> None:
    chain.revision("r5", 'op.require_step("iy")')
    done = chain.alembic("upgrade", "head")
    assert done.returncode == 2
    assert "no revision before it declares one of that name" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_step_of_a_later_revision_is_unknown(chain) -> None:
    chain.revision("r5", 'op.require_step("iy")')
    chain.revision("r6", 'op.create_index_out_of_band("iy", "t", ["a"])')
    assert chain.alembic("upgrade", "head").returncode == 2


def test_inside_a_transaction_of_env_pys_own_it_says_what_that_means(on_server) -> None:
    on_server.env_py(
        """
import os
from alembic import context
from sqlalchemy import create_engine
with create_engine(os.environ["PROJECT_URL"]).begin() as connection:
    context.configure(connection=connection)
    context.run_migrations()
"""
    )
    on_server.settings("inline_max_bytes = 100000\n")
    on_server.revision("r1", TABLE)
    on_server.revision("r2", 'op.create_index_out_of_band("ix", "t", ["a"])')
    on_server.revision("r3", 'op.require_step("ix")')
    assert on_server.alembic("upgrade", "r1").returncode == 0
    on_server.sql(FILL)
    done = on_server.alembic("upgrade", "head")
    assert done.returncode == 3
    assert "rolled back too" in done.stderr
    assert "r1" in on_server.alembic("current").stdout
