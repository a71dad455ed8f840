"""``alembic upgrade --sql``: the script, run by a plain session on a real server."""

from __future__ import annotations

import io
import re

import psycopg
import pytest
from alembic import command

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import CreateIndex, Wanted, WantedStep
from outofband.revisions.offline.block import barrier, block
from outofband.settings import Settings
from outofband_lint.reader import read

SETUP = "CREATE TABLE t (a int NOT NULL, b text)"
FILL = "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 30000) AS n"
SMALL = "inline_max_bytes = 1000000\n"


def script(project, span: str = "r1:head", direction: str = "upgrade") -> str:
    config = project.config
    config.output_buffer = io.StringIO()
    getattr(command, direction)(config, span, sql=True)
    return config.output_buffer.getvalue()


def run(database: str, text: str) -> list[str]:
    """Run a script statement by statement, as psql does; return our notices."""
    notices: list[str] = []
    with psycopg.connect(database, autocommit=True) as session:
        session.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        for statement in pieces(text):
            session.execute(statement)  # type: ignore[call-overload]
    return [notice for notice in notices if notice.startswith("outofband: ")]


def pieces(text: str) -> list[str]:
    return [piece for piece in re.split(r";\n\n", text) if piece.strip()]


@pytest.fixture
def chain(on_server):
    on_server.settings(SMALL)
    on_server.revision("r1", 'op.create_table("t")')
    on_server.revision(
        "r2",
        'op.create_index_out_of_band("ix", "t", ["a"])',
        'op.drop_index_out_of_band("ix", "t")',
    )
    on_server.revision(
        "r3",
        """
        op.create_index_out_of_band("ub", "t", ["a"], unique=True)
        op.create_primary_key_out_of_band("pk", "t", ["a"], using_index="ub")
        op.drop_index_out_of_band("ix", "t")
        """,
        'op.create_index_out_of_band("ix", "t", ["a"])\nop.drop_index_out_of_band("pk", "t")',
    )
    on_server.sql(
        SETUP,
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('r1')",
    )
    return on_server


def test_each_operation_is_one_marked_block(chain) -> None:
    text = script(chain, "r2:r3")
    marks = re.findall(r"^-- outofband: step (.*)\n-- outofband: sql (.*);\nDO ", text, re.M)
    assert marks == [
        ("ub", "CREATE UNIQUE INDEX ub ON t (a)"),
        ("pk", "ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY USING INDEX ub"),
        ("ix", "DROP INDEX ix"),
    ]


def test_on_a_small_table_the_script_does_it_all(chain, database) -> None:
    assert run(database, script(chain)) == []
    assert set(chain.indexes()) == {"pk"}


def test_the_alembic_command_writes_the_same_script(chain) -> None:
    done = chain.alembic("upgrade", "r1:head", "--sql")
    assert (done.returncode, done.stdout) == (0, script(chain))


def test_a_second_run_says_that_it_is_done(chain, database) -> None:
    text = script(chain, "r1:r2")
    run(database, text)
    assert run(database, text) == ["outofband: create index ix is done already"]
    assert set(chain.indexes()) == {"ix"}


def test_a_second_run_builds_nothing_that_a_promotion_took(chain, database) -> None:
    text = script(chain, "r1:r3")
    run(database, text)
    said = run(database, text)
    assert "outofband: create index ub is done already" in said
    assert set(chain.indexes()) == {"pk"}


def test_on_a_large_table_the_script_defers(chain, database) -> None:
    chain.sql(FILL)
    text = script(chain)
    for _ in range(2):
        told = run(database, text)
        assert [t.split(":")[1] for t in told] == [
            " deferred create index ix",
            " deferred create index ub",
            " deferred primary key pk",
            " drop index ix is done already",
        ]
    assert set(chain.indexes()) == set()


def test_a_failure_defers_and_the_script_goes_on(chain, database) -> None:
    chain.sql("INSERT INTO t VALUES (1), (1)")
    told = run(database, script(chain))
    assert told[0].startswith("outofband: deferred create index ub: could not create unique index")
    assert told[2] == "outofband: deferred drop index ix: waits for pk"
    assert set(chain.indexes()) == {"ix"}


def test_a_taken_name_defers(chain, database) -> None:
    chain.sql("CREATE TABLE ix ()")
    (told,) = run(database, script(chain, "r1:r2"))
    assert "its name is taken" in told


def test_a_nullable_column_is_not_promoted(chain, database) -> None:
    chain.sql("ALTER TABLE t ALTER a DROP NOT NULL")
    told = run(database, script(chain))
    assert told[0] == "outofband: deferred primary key pk: a column allows NULL"
    assert set(chain.indexes()) == {"ix", "ub"}


def test_partitions_count(chain, database) -> None:
    chain.sql(
        "DROP TABLE t",
        "CREATE TABLE t (a int NOT NULL, b text) PARTITION BY RANGE (a)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100000)",
        FILL,
    )
    (told,) = run(database, script(chain, "r1:r2"))
    assert told.startswith("outofband: deferred create index ix: t has ")


def test_over_partitions_a_small_tables_key_is_made_too(chain, database) -> None:
    chain.sql(
        "DROP TABLE t",
        "CREATE TABLE t (a int NOT NULL, b text) PARTITION BY RANGE (a)",
        "CREATE TABLE t1 PARTITION OF t DEFAULT",
    )
    assert run(database, script(chain)) == []
    assert set(chain.indexes()) == {"pk"}


def test_a_key_begun_over_partitions_is_not_taken_for_done(chain, database) -> None:
    chain.sql(
        "DROP TABLE t",
        "CREATE TABLE t (a int NOT NULL, b text) PARTITION BY RANGE (a)",
        "CREATE TABLE t1 PARTITION OF t DEFAULT",
        "ALTER TABLE ONLY t ADD CONSTRAINT pk PRIMARY KEY (a)",
    )
    told = run(database, script(chain))
    assert "outofband: deferred drop index ix: waits for pk" in told
    assert "outofband: primary key pk is done already" not in told


def test_a_missing_table_defers(chain, database) -> None:
    chain.sql("DROP TABLE t")
    (told,) = run(database, script(chain, "r1:r2"))
    assert told == "outofband: deferred create index ix: there is no table t"


def test_the_lock_timeout_of_the_session_holds_again(chain, database) -> None:
    text = script(chain, "r1:r2")
    with psycopg.connect(database) as session:
        session.execute("SET LOCAL lock_timeout = '7s'")
        for piece in pieces(text):
            if "DO $" in piece:
                session.execute(piece)  # type: ignore[call-overload]
        assert session.execute("SHOW lock_timeout").fetchone() == ("7s",)
        session.rollback()


def test_a_locked_table_is_waited_for_no_longer_than_lock_timeout(chain, database) -> None:
    chain.settings(SMALL + 'lock_timeout = "50ms"\n')
    text = script(chain, "r1:r2")
    with psycopg.connect(database) as blocker:
        blocker.execute("LOCK TABLE t IN ROW EXCLUSIVE MODE")
        (told,) = run(database, text)
    assert "deferred create index ix: canceling statement due to lock timeout" in told


def test_a_downgrade_takes_back_what_is_small(chain, database) -> None:
    run(database, script(chain))
    run(database, script(chain, "r3:r2", "downgrade"))
    assert set(chain.indexes()) == {"ix"}
    run(database, script(chain, "r2:r1", "downgrade"))
    assert set(chain.indexes()) == set()


def test_a_downgrade_leaves_what_is_large(chain, database) -> None:
    run(database, script(chain))
    chain.sql(FILL)
    run(database, script(chain, "r3:r1", "downgrade"))
    assert set(chain.indexes()) == {"pk"}


def test_a_barrier_stops_the_script(chain, database) -> None:
    chain.revision("r4", 'op.require_step("ub")')
    text = script(chain)
    chain.sql("INSERT INTO t VALUES (1), (1)")
    with pytest.raises(psycopg.errors.RaiseException, match="the step ub is not done"):
        run(database, text)


def test_a_barrier_whose_step_was_promoted_lets_the_script_through(chain, database) -> None:
    chain.revision("r4", 'op.require_step("ub")')
    assert run(database, script(chain)) == []


@pytest.mark.parametrize(
    "condition",
    ["b = 'it''s'", "b = '$outofband$'", "b = '{table}'", "b = 'two\nlines'", r"b = E'\\x'"],
)
def test_any_condition_survives_the_quoting(database, condition: str) -> None:
    step = CreateIndex(Index("ix", QualifiedName("t"), (Key.of("a"),), where=condition))
    made = block(step, "upgrade", Settings(), ())
    assert run(database, SETUP + ";\n\n" + made) == []
    with psycopg.connect(database) as session:
        session.execute("ALTER INDEX ix RENAME TO ours")
        session.execute(f"CREATE INDEX plain ON t (a) WHERE {condition}")  # type: ignore[call-overload]
        rows = session.execute(
            "SELECT DISTINCT pg_get_expr(indpred, indrelid) FROM pg_index"
            " WHERE indrelid = 't'::regclass"
        ).fetchall()
    assert len(rows) == 1


@pytest.mark.parametrize("name", ["a\nDROP TABLE t;\n", "{tag}", "$outofband$ %", "\\! 'quoted\""])
def test_any_name_survives_the_quoting(database, name: str) -> None:
    step = CreateIndex(Index(name, QualifiedName("t"), (Key.of("a"),)))
    require = barrier(name, Wanted((WantedStep(step, "r1"),)))
    made = block(step, "upgrade", Settings(), ())
    assert run(database, ";\n\n".join([SETUP, made.removesuffix(";"), require])) == []
    with psycopg.connect(database) as session:
        rows = session.execute("SELECT relname FROM pg_class WHERE relkind = 'i'")
        assert name in [row[0] for row in rows]


def test_the_reader_of_the_linter_reads_the_second_line(chain) -> None:
    text = script(chain, "r1:r3")
    for sql in re.findall(r"^-- outofband: sql (.*);$", text, re.M):
        (statement,) = read(sql)
        assert type(statement).__name__ in ("CreateIndex", "AlterTable", "DropIndex")
