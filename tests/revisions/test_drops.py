"""A table or a column that is to go: in the deploy, in a script, and in the fold of revisions."""

from __future__ import annotations

import io

import psycopg
import pytest
from alembic import command

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import CreateIndex, DropColumn, DropTable
from outofband.revisions.folding.fold import fold
from outofband.revisions.render import Rendered
from outofband_lint.source import Revision, Source

COLUMNS = 'sa.Column("a", sa.Integer(), nullable=False), sa.Column("b", sa.Text())'
TABLE = f'op.create_table("t", {COLUMNS})'
DROP_TABLE = 'op.drop_table_out_of_band("t_goes", "t")'
DROP_COLUMN = 'op.drop_column_out_of_band("a_goes", "t", "a")'
FILL = "INSERT INTO t (a, b) SELECT n, repeat('x', 100) FROM generate_series(1, 30000) AS n"


@pytest.fixture(params=[DROP_TABLE, DROP_COLUMN])
def chain(on_server, request):
    on_server.revision("r1", TABLE, 'op.drop_table("t")')
    on_server.revision("r2", request.param)
    return on_server


def columns(project) -> dict[str, bool]:
    """The columns of the table, and whether each is NOT NULL."""
    with psycopg.connect(project.libpq_url) as session:
        return dict(
            session.execute(
                "SELECT attname, attnotnull FROM pg_attribute"
                " WHERE attrelid = to_regclass('t') AND attnum > 0 AND NOT attisdropped"
            )
        )


def test_what_the_same_upgrade_has_made_goes_in_the_deploy(chain, capsys) -> None:
    chain.upgrade()
    assert "a" not in columns(chain)
    assert capsys.readouterr().err == ""


def test_what_was_there_stays_however_small_and_needs_no_value_any_more(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.upgrade()
    drops_column = "a_goes" in (chain.folder / "migrations/versions/r2.py").read_text()
    assert columns(chain) == {"a": not drops_column, "b": False}
    assert "the release before may still read it" in capsys.readouterr().err


def test_a_column_of_the_key_stays_as_it_is(on_server, capsys) -> None:
    on_server.revision("r1", TABLE)
    on_server.revision("r2", DROP_COLUMN)
    on_server.upgrade("r1")
    on_server.sql("ALTER TABLE t ADD PRIMARY KEY (a)")
    on_server.upgrade()
    assert columns(on_server)["a"] is True
    assert "the release before may still read it\n" in capsys.readouterr().err


def test_where_a_lock_is_not_free_it_is_said_that_rows_are_refused(on_server, capsys) -> None:
    on_server.revision("r1", TABLE)
    on_server.revision("r2", DROP_COLUMN)
    on_server.upgrade("r1")
    with psycopg.connect(on_server.libpq_url) as reader:
        reader.execute("SELECT * FROM t")
        on_server.upgrade()
    assert "it stays NOT NULL, so that rows without it are refused" in capsys.readouterr().err


@pytest.mark.parametrize("large", [False, True])
def test_a_downgrade_drops_what_is_small(on_server, capsys, large: bool) -> None:
    on_server.settings("inline_max_bytes = 1000000\n")
    on_server.revision("r1", "pass")
    on_server.revision("r2", TABLE, DROP_TABLE)
    on_server.upgrade()
    if large:
        on_server.sql(FILL)
    on_server.downgrade("r1")
    assert bool(columns(on_server)) is large
    assert ("left in place" in capsys.readouterr().err) is large


@pytest.mark.parametrize("span", ["base:head", "r1:head"])
def test_a_script_drops_what_it_has_made(chain, span: str) -> None:
    if span == "r1:head":
        chain.upgrade("r1")
    config = chain.config
    config.output_buffer = io.StringIO()
    command.upgrade(config, span, sql=True)
    text = config.output_buffer.getvalue()
    assert "-- outofband: step " in text
    with psycopg.connect(chain.libpq_url, autocommit=True) as session:
        session.execute(text)
    made = span == "base:head"
    assert ("a" in columns(chain)) is not made
    if not made and "a_goes" in text:
        assert columns(chain)["a"] is False


def test_on_another_dialect_it_is_the_plain_operation(project, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PROJECT_URL", f"sqlite:///{tmp_path / 'db'}")
    project.revision("r1", TABLE)
    project.revision("r2", DROP_TABLE)
    project.upgrade()
    project.revision("r3", TABLE)
    project.upgrade()


def test_a_pending_drop_is_no_difference_to_the_models(on_server) -> None:
    on_server.revision("r1", TABLE + '\nop.create_table("u", sa.Column("c", sa.Integer()))')
    on_server.module(
        "models", "import sqlalchemy as sa\nMETA = sa.MetaData()\nsa.Table('u', META)\n"
    )
    on_server.env_py(options="{'target_metadata': __import__('models').META}")
    on_server.revision("r2", DROP_TABLE + '\nop.drop_column_out_of_band("c_goes", "u", "c")')
    on_server.upgrade("r1")
    on_server.sql("CREATE INDEX by_a ON t (a)")
    on_server.upgrade()
    command.check(on_server.config)


T, U = QualifiedName("t"), QualifiedName("u")
GO, A, C = DropTable("t_goes", T), DropColumn("a_goes", T, "a"), DropColumn("c_goes", T, "c")
INDEX = CreateIndex(Index("ix", T, (Key.of("a"),)))


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ((GO,), [GO]),
        (("CREATE TABLE t (a int)", GO), [GO]),
        ((GO, "CREATE TABLE t (b int)"), []),
        ((GO, "CREATE TABLE IF NOT EXISTS public.t (b int)"), []),
        ((GO, "CREATE TABLE t AS SELECT 1"), []),
        ((GO, "CREATE TEMP TABLE t (b int)"), [GO]),
        ((GO, "CREATE TABLE other (b int)"), [GO]),
        ((GO, "ALTER TABLE u RENAME TO t"), []),
        ((GO, "ALTER TABLE app.t SET SCHEMA public"), []),
        ((GO, "ALTER TABLE t RENAME TO u"), [DropTable("t_goes", U)]),
        ((GO, "DROP TABLE t"), []),
        ((GO, "DO $$ BEGIN EXECUTE 'CREATE TABLE t ()'; END $$"), []),
        ((GO, "DO $$ BEGIN EXECUTE 'CREATE TABLE tt ()'; END $$"), [GO]),
        ((A, "ALTER TABLE t ADD COLUMN a int"), []),
        ((A, "ALTER TABLE t ADD COLUMN c int"), [A]),
        ((A, "ALTER TABLE t DROP COLUMN a"), []),
        ((A, "ALTER TABLE t RENAME COLUMN b TO a"), []),
        ((A, "ALTER TABLE t RENAME COLUMN a TO c"), [DropColumn("a_goes", T, "c")]),
        ((A, "CREATE TABLE t (a int)"), []),
        ((INDEX, A), [A]),
        ((INDEX, C), [INDEX, C]),
        ((INDEX, GO), [INDEX, GO]),
    ],
)
def test_it_follows_what_revisions_do_later(events, left) -> None:
    steps = tuple(event for event in events if not isinstance(event, str))
    sources = tuple(
        Source(event, "r.py", n)
        if isinstance(event, str)
        else Source(event.plain_sql, "r.py", n, out_of_band=True)
        for n, event in enumerate(events, start=1)
    )
    entries = fold([Rendered(Revision("r", "r.py", sources=sources), steps)]).entries
    assert [entry.step for entry in entries] == left
