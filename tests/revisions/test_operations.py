"""What the operations do online: on Postgres through two drivers, on SQLite, and when misused."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from alembic import op as module_op
from alembic.migration import MigrationContext
from alembic.operations import Operations

from outofband.revisions.operations import OPERATIONS, NotInBatch
from outofband.revisions.operations.constraint import CreatePrimaryKeyOutOfBandOp
from outofband.revisions.operations.declaration import StepUnnamed
from outofband.revisions.operations.index import CreateIndexOutOfBandOp, DropIndexOutOfBandOp

COLUMNS = 'sa.Column("a", sa.Integer(), nullable=False), sa.Column("b", sa.Text())'
TABLE = f'op.create_table("t", {COLUMNS})'
FILL = "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 30000) AS n"
# 30,000 rows of 100 characters are about 4 MB.
SMALL = "inline_max_bytes = 1000000\n"


CHAIN = {
    "r2": (
        'op.create_index_out_of_band("ix", "t", ["a"])',
        'op.drop_index_out_of_band("ix", "t")',
    ),
    "r3": (
        'op.create_index_out_of_band("pk_index", "t", ["a"], unique=True)\n'
        'op.create_primary_key_out_of_band("pk", "t", ["a"], using_index="pk_index")\n'
        'op.drop_index_out_of_band("ix", "t")',
        'op.create_index_out_of_band("ix", "t", ["a"])\nop.drop_index_out_of_band("pk", "t")',
    ),
}


@pytest.fixture(params=["psycopg", "psycopg2"])
def chain(connect, request):
    """A table, an index, and the index replaced by a primary key."""
    project = connect(request.param)
    project.settings(SMALL)
    project.revision("r1", TABLE, 'op.drop_table("t")')
    for name, (upgrade, downgrade) in CHAIN.items():
        project.revision(name, upgrade, downgrade)
    return project


def test_on_an_empty_table_everything_is_done_inline(chain, capsys) -> None:
    chain.upgrade()
    assert chain.indexes() == {"pk": True}
    assert capsys.readouterr().err == ""


SPLIT = """
op.execute("CREATE TABLE t (a int NOT NULL, b text) PARTITION BY RANGE (a)")
op.execute("CREATE TABLE t1 PARTITION OF t DEFAULT")
"""


def test_over_partitions_a_small_tables_key_is_made_inline_too(connect, capsys) -> None:
    project = connect("psycopg")
    project.settings(SMALL)
    project.revision("r1", SPLIT, 'op.drop_table("t")')
    for name, (upgrade, downgrade) in CHAIN.items():
        project.revision(name, upgrade, downgrade)
    project.upgrade()
    assert project.indexes() == {"pk": True}
    assert capsys.readouterr().err == ""
    project.downgrade("r1")
    assert project.indexes() == {}


def test_a_downgrade_takes_everything_back_while_it_is_small(chain) -> None:
    chain.upgrade()
    chain.downgrade("r2")
    assert chain.indexes() == {"ix": False}
    chain.downgrade("r1")
    assert chain.indexes() == {}


def test_on_a_large_table_everything_is_deferred_in_words(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql(FILL)
    chain.upgrade()
    assert chain.indexes() == {}
    said = capsys.readouterr().err
    assert "deferred create index ix: public.t has" in said
    assert "deferred primary key pk: index pk_index is not there yet" in said


def test_a_drop_waits_for_what_is_pending_though_its_table_is_small(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql("ALTER TABLE t ALTER a DROP NOT NULL")  # which keeps the promotion back
    chain.upgrade()
    assert set(chain.indexes()) == {"ix", "pk_index"}
    assert "deferred drop index ix: waits for pk" in capsys.readouterr().err


def test_a_downgrade_leaves_what_is_large(chain, capsys) -> None:
    chain.upgrade("r2")
    chain.sql(FILL)
    chain.downgrade("r1")
    assert chain.indexes() == {"ix": False}
    assert "left in place" in capsys.readouterr().err


def test_an_index_made_by_hand_is_taken_as_it_is(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql(FILL, "CREATE INDEX ix ON t (a)")
    chain.upgrade("r2")
    assert chain.indexes() == {"ix": False}
    said = "outofband: adopted create index ix: it is there, valid and as declared\n"
    assert capsys.readouterr().err == said


def test_duplicates_defer_a_unique_index_and_the_revision_goes_on(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql("INSERT INTO t VALUES (1), (1)")
    chain.upgrade("r3")
    assert chain.indexes() == {"ix": False}
    assert "duplicate" in capsys.readouterr().err


def test_what_a_step_looks_at_and_gives_up_nests_nothing_deeper(on_server) -> None:
    """Past 64 subtransactions every snapshot of the server pays for them."""
    on_server.revision("r1", TABLE)
    on_server.revision(
        "r2",
        """
        op.create_index_out_of_band("gives_up", "t", ["a"], unique=True)
        op.create_index_out_of_band("looks", "t", [sa.text("lower(b)")])
        op.execute("CREATE TABLE depth (level int)")
        op.execute(
            "INSERT INTO depth SELECT count(*) FROM pg_locks"
            " WHERE pid = pg_backend_pid() AND locktype = 'transactionid'"
        )
        """,
    )
    on_server.upgrade("r1")
    on_server.sql("INSERT INTO t VALUES (1), (1)")
    on_server.upgrade()
    with psycopg.connect(on_server.libpq_url) as session:
        assert session.execute("SELECT level FROM depth").fetchall() == [(1,)]


def test_a_step_named_by_after_is_waited_for(on_server, capsys) -> None:
    on_server.revision("r1", TABLE)
    on_server.revision(
        "r2",
        """
        op.create_index_out_of_band("first", "t", ["a"], unique=True)
        op.create_index_out_of_band("second", "t", ["b"], after=["first"])
        """,
    )
    on_server.upgrade("r1")
    on_server.sql("INSERT INTO t VALUES (1), (1)")
    on_server.upgrade()
    assert on_server.indexes() == {}
    assert "deferred create index second: waits for first" in capsys.readouterr().err


def test_a_drop_waits_for_steps_that_only_the_run_itself_knows(on_server, capsys) -> None:
    on_server.revision("r1", TABLE + '\nop.create_index("old", "t", ["b"])')
    on_server.revision(
        "r2",
        """
        (name,) = op.get_bind().execute(sa.text("SELECT 'from_the_' || 'data'")).scalars()
        op.create_index_out_of_band(name, "t", ["a"], unique=True)
        op.drop_index_out_of_band("old", "t")
        """,
    )
    on_server.upgrade("r1")
    on_server.sql("INSERT INTO t VALUES (1), (1)")
    on_server.upgrade()
    assert on_server.indexes() == {"old": False}
    assert "deferred drop index old: waits for from_the_data" in capsys.readouterr().err


@pytest.mark.parametrize("per_migration", [True, False])
def test_on_large_refuse_stops_with_status_3(on_server, per_migration: bool) -> None:
    on_server.env_py(options=f'{{"transaction_per_migration": {per_migration}}}')
    on_server.settings(SMALL + 'on_large = "refuse"\n')
    on_server.revision("r1", TABLE)
    on_server.revision("r2", CHAIN["r2"][0])
    on_server.upgrade("r1")
    on_server.sql(FILL)
    done = on_server.alembic("upgrade", "head")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "on_large is refuse" in done.stderr
    assert "r1" in on_server.alembic("current").stdout


def test_the_argument_x_says_on_large_for_one_run(on_server) -> None:
    on_server.settings(SMALL)
    on_server.revision("r1", TABLE)
    on_server.revision("r2", CHAIN["r2"][0])
    on_server.upgrade("r1")
    on_server.sql(FILL)
    assert on_server.alembic("-x", "outofband=refuse", "upgrade", "head").returncode == 3
    done = on_server.alembic("-x", "outofband=defer", "upgrade", "head")
    assert (done.returncode, "deferred" in done.stderr) == (0, True)


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize(
    ("settings", "arguments", "said"),
    [
        ("on_large = 'whenever'\n", [], "setting 'on_large' in"),
        ("inline_max_byte = 1\n", [], "Did you mean 'inline_max_bytes'?"),
        ("", ["-x", "outofband=now"], "'now' is none of defer, build, refuse"),
        ("", ["-x", "outofband-wait=soon"], "-x outofband-wait=soon: 'soon' is not a duration"),
        ("pooler = 'any'\n", [], "'any' is none of refuse, session"),
        ("lock_retries = -1\n", [], "-1 is not a number"),
    ],
)
def test_wrong_settings_stop_with_status_2(
    on_server, settings, arguments, said: str, guarded: bool
) -> None:
    on_server.env_py(guarded=guarded)
    on_server.settings(settings)
    on_server.revision("r1", TABLE + "\n" + CHAIN["r2"][0])
    done = on_server.alembic(*arguments, "upgrade", "head")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def sqlite(project, monkeypatch):
    project.url = f"sqlite:///{project.folder}/test.db"
    monkeypatch.setenv("PROJECT_URL", project.url)
    return project


def test_on_sqlite_each_does_what_its_plain_sister_does(sqlite) -> None:
    sqlite.revision("r1", TABLE)
    sqlite.revision(
        "r2",
        'op.create_index_out_of_band("ix", "t", ["a"], unique=True, postgresql_using="brin")\n'
        'op.require_step("whatever")',
        'op.drop_index_out_of_band("ix", "t")',
    )
    sqlite.upgrade()
    engine = sa.create_engine(sqlite.url)
    (index,) = sa.inspect(engine).get_indexes("t")
    assert (index["name"], index["column_names"], index["unique"]) == ("ix", ["a"], 1)
    sqlite.downgrade("r1")
    assert sa.inspect(engine).get_indexes("t") == []
    engine.dispose()


@pytest.mark.parametrize("kind", ["primary_key", "unique_constraint"])
def test_on_sqlite_a_promotion_fails_as_plain_alembic_does(sqlite, kind: str) -> None:
    sqlite.revision("r1", TABLE)
    sqlite.revision("r2", f'op.create_{kind}_out_of_band("c", "t", ["a"], using_index="ix")')
    with pytest.raises(NotImplementedError, match="No support for ALTER"):
        sqlite.upgrade()


@pytest.fixture
def op() -> Operations:
    return Operations(MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True}))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, "without a name"),
        ("", "without a name"),
        ("x" * 64, "it has 64 bytes, and Postgres cuts names to 63"),
        ("é" * 32, "it has 64 bytes, and Postgres cuts names to 63"),
    ],
)
def test_a_step_has_a_name_that_postgres_keeps(op, name, said: str) -> None:
    calls = (
        lambda: op.create_index_out_of_band(name, "t", ["a"]),
        lambda: op.drop_index_out_of_band(name, "t"),
        lambda: op.create_primary_key_out_of_band(name, "t", ["a"], using_index="ix"),
        lambda: op.create_unique_constraint_out_of_band(name, "t", ["a"], using_index="ix"),
        lambda: op.create_foreign_key_out_of_band(name, "t", "p", ["a"], ["x"]),
        lambda: op.create_check_constraint_out_of_band(name, "t", "a > 0"),
        lambda: op.set_not_null_out_of_band(name, "t", "a"),
        lambda: op.require_step(name),
    )
    for call in calls:
        with pytest.raises(StepUnnamed) as raised:
            call()
        assert said in str(raised.value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_batch_refuses_in_words(op, name: str) -> None:
    with op.batch_alter_table("t") as batch, pytest.raises(NotInBatch, match="after the batch"):
        getattr(batch, name)("ix", ["a"])


def test_an_operation_knows_its_reverse() -> None:
    create = CreateIndexOutOfBandOp("ix", "t", ["a"], schema="app")
    reverse = create.reverse()
    assert isinstance(reverse, DropIndexOutOfBandOp)
    assert (reverse.index_name, reverse.table_name, reverse.schema) == ("ix", "t", "app")
    promote = CreatePrimaryKeyOutOfBandOp("pk", "t", ["a"], using_index="ix")
    assert promote.reverse().index_name == "pk"
    kind, shown = promote.to_diff_tuple()
    assert (kind, shown.name) == ("add_constraint", "pk")


def test_every_operation_is_a_method_of_op() -> None:
    for name in OPERATIONS:
        assert callable(getattr(module_op, name))
