"""A guarded ``alembic upgrade`` that cannot go on at once: it tries again, or refuses in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from alembic import op

from outofband.deploy import again
from outofband.deploy.failing import LockNotFree
from outofband.revisions import graph
from outofband.revisions.render import render
from outofband.revisions.unknown import OperationUnknown, RevisionUnknown

QUICK = 'lock_timeout = "50ms"\n'
ALTER = 'op.add_column("t", sa.Column("b", sa.Text()))'
GUARD_OUTSIDE = "around(connection), context.begin_transaction()"
SHAPES = {
    "a transaction each": ('{"transaction_per_migration": True}', GUARD_OUTSIDE),
    "one transaction": ("{}", GUARD_OUTSIDE),
    "one transaction around the guard": ("{}", "context.begin_transaction(), around(connection)"),
}


@pytest.fixture(params=SHAPES)
def chain(on_server: Any, request: pytest.FixtureRequest) -> Any:
    """A table that is there, and two revisions to come, the second of which alters it."""
    shape(on_server, *SHAPES[request.param])
    return coming(on_server)


def shape(project: Any, options: str, order: str = GUARD_OUTSIDE) -> None:
    project.env_py(options=options, guarded=True)
    env_py = project.folder / "migrations/env.py"
    env_py.write_text(env_py.read_text().replace(GUARD_OUTSIDE, order))


def coming(project: Any) -> Any:
    project.settings(QUICK)
    project.revision("r1", 'op.create_table("t", sa.Column("a", sa.Integer()))')
    project.upgrade()
    project.revision("r2", 'op.create_table("o", sa.Column("a", sa.Integer()))')
    project.revision("r3", ALTER)
    return project


class Held:
    """A reader's open transaction, which ends before the upgrade tries for the ``n``th time."""

    def __init__(self, project: Any, until: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pauses = 0
        self.at: list[str] = []
        self._until, self._project = until, project
        self._reader = psycopg.connect(project.libpq_url, application_name="a report")
        self._reader.execute("SELECT FROM t")
        monkeypatch.setattr(again, "_pause", self._pause)

    def _pause(self, tried: int) -> float:
        self.pauses += 1
        with psycopg.connect(self._project.libpq_url) as witness:
            # Nobody waits behind an upgrade that pauses.
            waiting = witness.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            assert waiting == (0,)
            rows = witness.execute("SELECT version_num FROM alembic_version").fetchall()
        self.at += [version for (version,) in rows]
        if tried + 1 == self._until:
            self._reader.rollback()
        return 0.0

    def close(self) -> None:
        self._reader.close()


@contextmanager
def reading(project: Any, until: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held(project, until, monkeypatch)
    try:
        yield held
    finally:
        held.close()


def columns(project: Any) -> set[str]:
    with psycopg.connect(project.libpq_url) as session:
        rows = session.execute("SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass")
        return {name for (name,) in rows}


def test_a_lock_that_is_free_at_the_third_try_lets_the_upgrade_through(
    chain: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with reading(chain, 3, monkeypatch) as held:
        chain.upgrade()
    said = capsys.readouterr().err
    assert "revision r3 is rolled back: a lock was not free, held by process" in said
    assert "(a report, role postgres, idle in transaction for" in said
    assert held.pauses == said.count("tried again") == 2
    assert "b" in columns(chain)
    assert "r3" in chain.alembic("current").stdout


def test_a_lock_that_is_never_free_ends_in_words_with_what_was_committed(
    on_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape(on_server, '{"transaction_per_migration": True}')
    chain = coming(on_server)
    chain.settings(QUICK + "lock_retries = 1\n")
    with reading(chain, 99, monkeypatch) as held, pytest.raises(LockNotFree) as refused:
        chain.upgrade()
    assert str(refused.value).startswith(
        "revision r3 did not get its lock: it was tried 2 times, and is held by process"
    )
    assert (held.at, refused.value.exit_status) == (["r2"], 3)


def test_a_target_told_as_a_number_is_not_counted_anew(
    on_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape(on_server, '{"transaction_per_migration": True}')
    chain = coming(on_server)
    chain.revision("r4", 'op.create_table("too_far")')
    with reading(chain, 2, monkeypatch):
        chain.upgrade("+2")
    assert "r3" in chain.alembic("current").stdout


@pytest.mark.parametrize(
    ("upgrade", "why"),
    [
        pytest.param(
            'with op.get_context().autocommit_block():\n    op.execute("SELECT 1")\n' + ALTER,
            "an autocommit_block() has committed a part of it",
            id="committed in part",
        ),
        pytest.param(ALTER, "env.py began the transaction before", id="env.py's own transaction"),
    ],
)
def test_what_cannot_be_run_twice_is_not_and_says_why(
    on_server: Any, monkeypatch: pytest.MonkeyPatch, upgrade: str, why: str
) -> None:
    shape(on_server, '{"transaction_per_migration": True}')
    on_server.settings(QUICK)
    on_server.revision("r1", 'op.create_table("t", sa.Column("a", sa.Integer()))')
    on_server.upgrade()
    if "env.py" in why:
        env_py = on_server.folder / "migrations/env.py"
        begun = env_py.read_text().replace(").connect() as", ").begin() as")
        env_py.write_text(begun)
    on_server.revision("r2", upgrade)
    with (
        reading(on_server, 99, monkeypatch) as held,
        pytest.raises(LockNotFree, match=re.escape(why)),
    ):
        on_server.upgrade()
    assert held.pauses == 0


def test_a_guard_before_configure_refuses_what_it_cannot_run_again(
    on_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_py = """
import os
from alembic import context
from sqlalchemy import create_engine, pool
from outofband.deploy import guard

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", transaction_per_migration=True)
    context.run_migrations()
else:
    engine = create_engine(os.environ["PROJECT_URL"], poolclass=pool.NullPool)
    with engine.connect() as connection, guard(connection):
        context.configure(connection=connection, transaction_per_migration=True)
        context.run_migrations()
"""
    on_server.env_py(env_py)
    chain = coming(on_server)
    said = pytest.raises(LockNotFree, match=r"guard\(\) stands before context\.configure\(\)")
    with reading(chain, 99, monkeypatch), said:
        chain.upgrade()


def test_a_table_that_was_made_by_hand_is_said_to_be_there(chain: Any) -> None:
    chain.sql("CREATE TABLE o (a int)")
    done = chain.alembic("upgrade", "head")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "revision r2 makes a table or index that is there already, by CREATE TABLE o" in (
        done.stderr
    )
    assert "`alembic stamp` the revision, else rename or drop" in done.stderr


def test_a_database_at_a_revision_of_a_later_release_is_left_alone(chain: Any) -> None:
    chain.sql("UPDATE alembic_version SET version_num = 'later'")
    with pytest.raises(RevisionUnknown, match="this checkout has no such revision") as refused:
        chain.upgrade()
    assert refused.value.exit_status == 5
    assert columns(chain) & {"a", "b"} == {"a"}


def test_an_operation_of_a_later_release_of_ours_names_what_to_install(chain: Any) -> None:
    chain.revision("r4", 'op.turn_table_out_of_band("t")')
    with pytest.raises(OperationUnknown) as refused:
        chain.upgrade()
    assert "revision r4 calls op.turn_table_out_of_band: alembic-outofband" in str(refused.value)
    assert "pip install -U alembic-outofband" in str(refused.value)
    *_, last = render(chain.environment, graph.every(chain.environment.script))
    assert "upgrade() needs a later release: alembic-outofband" in str(last.revision.problem)


def test_without_a_guard_it_is_named_too() -> None:
    assert not hasattr(op, "turn_table_out_of_band")
    with pytest.raises(AttributeError, match=r"no turn_table_out_of_band\. Install the release"):
        op.turn_table_out_of_band("t")
    with pytest.raises(AttributeError, match=r"module 'alembic\.op' has no attribute 'turn_table'"):
        op.turn_table("t")


def test_another_missing_name_is_the_revisions_own_mistake(chain: Any) -> None:
    chain.revision("r4", "op.turn_table()")
    with pytest.raises(AttributeError, match="turn_table"):
        chain.upgrade()


def test_two_heads_are_told_and_nothing_runs(chain: Any) -> None:
    chain.revision("r4", after="r2")
    done = chain.alembic("upgrade", "head")
    assert "Multiple head revisions are present" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert columns(chain) & {"a", "b"} == {"a"}


def test_what_is_refused_is_no_traceback(chain: Any) -> None:
    with psycopg.connect(chain.libpq_url) as reader:
        reader.execute("SELECT FROM t")
        chain.settings(QUICK + "lock_retries = 0\n")
        done = chain.alembic("upgrade", "head")
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
