"""Revisions run where they do not know it, and end in words whatever they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from outofband.gate.request import Request
from outofband.rehearse.rehearse import rehearse
from outofband_lint.names import QualifiedName
from rehearsed import ASYNC_ENV, ENV, KILL, Project, Run

TABLE = 'op.execute("CREATE TABLE t (id int)")'


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg", "pg8000"])
def test_an_engine_of_any_driver_is_led_to_the_server(
    driver: str, project: Project, run: Run
) -> None:
    pytest.importorskip(driver)
    url = f"postgresql+{driver}://app:secret@db.invalid:5432/production"
    env = ENV if driver != "asyncpg" else ASYNC_ENV
    project.configure(url, env)
    project.revise("1", TABLE)
    (upgraded,) = run("upgrade")
    assert upgraded.failure is None
    assert ("table", "public.t") in upgraded.schema
    assert [traced.sql for traced in upgraded.statements] == ["CREATE TABLE t (id int)"]


@pytest.mark.parametrize(
    ("engine", "what"),
    [
        ('create_engine("sqlite://")', "an engine of the project connects to sqlite"),
        (
            'create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(SERVER))',
            "an engine of the project is made with creator=",
        ),
    ],
)
def test_an_engine_that_cannot_be_led_is_refused(
    engine: str, what: str, project: Project, run: Run, database: str
) -> None:
    env = ENV.replace("create_engine(url, poolclass=pool.NullPool)", engine)
    project.configure(env=f"import psycopg\nSERVER = {database!r}\n{env}")
    project.revise("1", TABLE)
    (upgraded,) = run("upgrade")
    assert upgraded.failure is not None
    assert upgraded.failure.what == what


def test_a_revision_that_fails_is_named_with_its_line(project: Project, run: Run) -> None:
    project.revise("1", TABLE)
    path = project.revise("2", 'op.execute("ALTER TABLE absent ADD COLUMN n int")')
    (upgraded,) = run("upgrade")
    assert upgraded.failure is not None
    assert (upgraded.failure.revision, upgraded.failure.path) == ("2", str(path))
    assert path.read_text().splitlines()[upgraded.failure.line - 1].startswith("    op.execute")
    assert upgraded.failure.why == 'relation "absent" does not exist'
    assert [traced.revision for traced in upgraded.statements] == ["1"]


def test_an_extension_that_the_server_lacks_is_looked_for_on_another(
    project: Project, run: Run
) -> None:
    project.revise("1", 'op.execute("CREATE EXTENSION absent")')
    (upgraded,) = run("upgrade")
    assert upgraded.failure is not None
    assert upgraded.failure.why == 'extension "absent" is not available'
    assert "--server URL" in upgraded.failure.do


def test_a_concurrent_build_in_a_transaction_fails_in_the_servers_words(
    project: Project, run: Run
) -> None:
    project.revise("1", f'{TABLE}\nop.execute("CREATE INDEX CONCURRENTLY i ON t (id)")')
    (upgraded,) = run("upgrade")
    assert upgraded.failure is not None
    assert upgraded.failure.why == (
        "CREATE INDEX CONCURRENTLY cannot run inside a transaction block"
    )


def test_transactions_may_be_serializable(project: Project, run: Run) -> None:
    project.configure(env=ENV.replace("(url,", '(url, isolation_level="SERIALIZABLE",'))
    project.revise("1", f'{TABLE}\nop.execute("INSERT INTO t SELECT count(*) FROM t")')
    (upgraded,) = run("upgrade")
    assert upgraded.failure is None
    assert len(upgraded.statements) == 2


@pytest.mark.parametrize("hangs", ["time.sleep(60)", 'op.execute("SELECT pg_sleep(60)")'])
def test_a_revision_that_hangs_is_ended_and_named(hangs: str, project: Project, run: Run) -> None:
    project.revise("1", hangs)
    (upgraded,) = run("upgrade", limit=4.0)  # which has to be enough to come to it
    assert upgraded.failure is not None
    assert upgraded.failure.what == "revision 1 was still running after 4 s"


def test_a_server_that_dies_meanwhile_is_told_of_and_leaves_nothing(
    project: Project, tmp_path: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OUTOFBAND_EPHEMERAL_DIR", str(short_path))
    project.revise("1", TABLE, 'op.drop_table("t")')
    project.revise("2", KILL)
    rehearsal = rehearse(Request(), stats=None, limit=60.0)
    failure = rehearsal.ran[-1].failure
    assert failure is not None
    assert (failure.revision, failure.why) == ("2", "the server ended the connection")
    assert [f.rule for f in rehearsal.seen if f.severity == "error"] == ["upgrade-fails"]
    assert [*short_path.iterdir()] == []


def test_a_process_that_is_killed_is_told_of(project: Project, run: Run) -> None:
    project.revise("1", "import os; os.kill(os.getpid(), 9)")
    (upgraded,) = run("upgrade")
    assert upgraded.failure is not None
    assert upgraded.failure.what == "upgrade ended the process"


def test_the_base_is_not_traced(project: Project, run: Run) -> None:
    project.revise("1", TABLE)
    project.revise("2", 'op.add_column("t", sa.Column("n", sa.Integer))')
    base, upgraded = run("base", "upgrade", base=("1",))
    assert base.statements == ()
    assert [traced.revision for traced in upgraded.statements] == ["2"]


def test_down_and_up_again_end_where_they_began(project: Project, run: Run) -> None:
    project.revise("1", TABLE)
    project.revise(
        "2", 'op.add_column("t", sa.Column("n", sa.Integer))', 'op.drop_column("t", "n")'
    )
    base, upgraded, down, again = run("base", "upgrade", "downgrade", "again", base=("1",))
    assert base.schema == down.schema
    assert upgraded.schema == again.schema
    assert ("column", "public.t.n") in upgraded.schema.keys() - base.schema.keys()


def test_what_env_py_makes_is_there_before_the_first_revision(project: Project, run: Run) -> None:
    begin = "        with context.begin_transaction():"
    make = '        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS app")\n'
    project.configure(env=ENV.replace(begin, f"{make}        connection.commit()\n{begin}"))
    project.revise(
        "1", 'op.execute("CREATE TABLE app.t (id int)")', 'op.drop_table("t", schema="app")'
    )
    base, _, down = run("base", "upgrade", "downgrade")
    assert ("schema", "app") in base.schema
    assert down.schema == base.schema


def test_revisions_of_one_deploy_share_a_transaction_and_its_locks(
    project: Project, run: Run
) -> None:
    project.revise("1", TABLE)
    for revision in ("2", "3"):
        project.revise(revision, f'op.add_column("t", sa.Column("n{revision}", sa.Integer))')
    _, together = run("base", "upgrade", base=("1",), apart=False)
    first, second = together.statements
    assert first.transaction == second.transaction
    assert [lock.table for lock in first.locks] == [QualifiedName("t", "public")]
    assert second.locks == ()


def test_revisions_that_are_deployed_apart_lock_anew(project: Project, run: Run) -> None:
    project.revise("1", TABLE)
    for revision in ("2", "3"):
        project.revise(revision, f'op.add_column("t", sa.Column("n{revision}", sa.Integer))')
    (apart,) = run("upgrade")
    first, second, third = apart.statements
    assert len({first.transaction, second.transaction, third.transaction}) == 3
    assert second.locks == third.locks != ()
