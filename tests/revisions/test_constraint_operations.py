"""Foreign keys, checks and NOT NULL in an upgrade, a downgrade and a script for psql."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from tests.revisions.test_offline import run, script

from outofband.deploy.refusal import DeployRefused
from outofband.model.names import QualifiedName
from outofband.model.step import AddCheck, AddForeignKey
from outofband.revisions.condition import ConditionWrong
from outofband.revisions.operations.check import CreateCheckConstraintOutOfBandOp
from outofband.revisions.operations.foreign_key import CreateForeignKeyOutOfBandOp, ForeignKeyWrong

TABLES = """
op.execute("CREATE TABLE parents (id int PRIMARY KEY)")
op.execute("CREATE TABLE t (a int, b text)")
"""
FILL = (
    "INSERT INTO parents SELECT generate_series(1, 30000)",
    "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 30000) AS n",
)
# 30,000 rows of 100 characters are about 4 MB.
SMALL = "inline_max_bytes = 1000000\n"
DECLARED = """
op.create_check_constraint_out_of_band("t_a_check", "t", "a > 0")
op.create_foreign_key_out_of_band("t_a_fkey", "t", "parents", ["a"], ["id"])
op.set_not_null_out_of_band("t_b_set", "t", "b")
"""
UNDONE = """
op.alter_column("t", "b", nullable=True)
op.drop_constraint("t_a_fkey", "t", type_="foreignkey", if_exists=True)
op.drop_constraint("t_a_check", "t", type_="check", if_exists=True)
"""
ALL_VALID = {"t_a_check": True, "t_a_fkey": True, "t_b_set": True}
NOT_VALID = dict.fromkeys(ALL_VALID, False)


def constraints(project: Any) -> dict[str, bool]:
    """Return the constraints of t, each with whether it is validated."""
    with psycopg.connect(project.libpq_url) as session:
        rows = session.execute(
            "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 't'::regclass"
        )
        return dict(rows.fetchall())


@pytest.fixture(params=["psycopg", "psycopg2"])
def chain(connect, request):
    return made(connect(request.param))


def made(project: Any) -> Any:
    project.settings(SMALL)
    project.revision("r1", TABLES)
    project.revision("r2", DECLARED, UNDONE)
    return project


def test_on_an_empty_table_everything_is_done_inline_and_taken_back(chain, capsys) -> None:
    chain.upgrade()
    assert constraints(chain) == ALL_VALID
    assert capsys.readouterr().err == ""
    chain.downgrade("r1")
    assert constraints(chain) == {}


def test_on_a_large_table_new_rows_have_to_satisfy_it_and_the_look_at_others_is_deferred(
    chain, capsys
) -> None:
    chain.upgrade("r1")
    chain.sql(*FILL)
    chain.upgrade()
    assert constraints(chain) == NOT_VALID
    told = capsys.readouterr().err
    assert (
        "deferred check t_a_check: new rows satisfy it; public.t has 4 MB, over the 1 MB of "
        "inline_max_bytes, and its rows are still to be validated"
    ) in told
    with pytest.raises(psycopg.errors.CheckViolation):
        chain.sql("INSERT INTO t VALUES (-1, '')")
    chain.downgrade("r1")
    assert constraints(chain) == {}


def test_rows_that_violate_it_on_a_small_table_defer_it_whole(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql("INSERT INTO t VALUES (-1, NULL)")
    chain.upgrade()
    assert constraints(chain) == {}
    told = capsys.readouterr().err
    assert "deferred check t_a_check: a row does not satisfy it (23514)" in told
    assert "deferred foreign key t_a_fkey: a row refers to one that is not there (23503)" in told
    assert "deferred not null t_b_set: a row has NULL in the column (23502)" in told


def test_where_a_lock_is_not_free_it_is_deferred_whole(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql(*FILL)
    with psycopg.connect(chain.libpq_url) as writer:
        writer.execute("LOCK TABLE t IN ROW EXCLUSIVE MODE")
        chain.upgrade()
    assert constraints(chain) == {}
    told = capsys.readouterr().err
    for step in ("check t_a_check", "foreign key t_a_fkey", "not null t_b_set"):
        assert f"deferred {step}: a lock was not free within lock_timeout (55P03)" in told


def test_a_live_build_on_either_table_is_named_and_not_waited_for(connect, capsys) -> None:
    project = made(connect("psycopg"))
    project.upgrade("r1")
    project.sql(*FILL)
    with psycopg.connect(project.libpq_url, application_name="a build") as builder:
        builder.execute("LOCK TABLE parents IN SHARE UPDATE EXCLUSIVE MODE")
        project.upgrade()
    told = capsys.readouterr().err
    assert re.search(r"deferred foreign key t_a_fkey: pid \d+ \(a build\) works on public.p", told)
    assert constraints(project) == {"t_a_check": False, "t_b_set": False}


def test_what_was_validated_ahead_is_adopted(connect, capsys) -> None:
    project = made(connect("psycopg"))
    project.upgrade("r1")
    project.sql(
        *FILL,
        "ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES parents",
        "ALTER TABLE t ALTER b SET NOT NULL",
    )
    project.upgrade()
    told = capsys.readouterr().err
    for step in ("check t_a_check", "foreign key t_a_fkey", "not null t_b_set"):
        assert f"adopted {step}: it is there, valid and as declared" in told


def test_what_waits_for_a_backfill_asks_nothing_of_rows_before(connect, capsys) -> None:
    project = connect("psycopg")
    project.settings(SMALL)
    project.revision("r1", TABLES)
    project.revision(
        "r2",
        """
        op.backfill_out_of_band("fill", "t", spec="app:fill")
        op.set_not_null_out_of_band("t_b_set", "t", "b", after=["fill"])
        """,
    )
    project.upgrade("r1")
    project.sql(*FILL)
    project.upgrade()
    assert constraints(project) == {}
    assert "deferred not null t_b_set: waits for fill" in capsys.readouterr().err


def test_on_large_refuse_refuses_and_build_validates_after_the_transaction(connect) -> None:
    project = made(connect("psycopg"))
    project.upgrade("r1")
    project.sql(*FILL)
    project.settings(SMALL + 'on_large = "refuse"\n')
    with pytest.raises(DeployRefused):
        project.upgrade()
    assert constraints(project) == {}
    project.settings(SMALL + 'on_large = "build"\n')
    project.env_py(guarded=True)
    project.upgrade()
    assert constraints(project) == ALL_VALID


def test_a_barrier_behind_one_holds_until_its_rows_are_validated(connect) -> None:
    project = made(connect("psycopg"))
    project.revision("r3", 'op.require_step("t_a_check")')
    project.upgrade("r1")
    project.sql(*FILL)
    with pytest.raises(DeployRefused):
        project.upgrade()
    assert constraints(project) == NOT_VALID
    project.sql("ALTER TABLE t VALIDATE CONSTRAINT t_a_check")
    project.upgrade()


@pytest.mark.parametrize("filled", [False, True])
def test_a_script_for_psql_does_the_same(on_server, database, filled: bool) -> None:
    project = made(on_server)
    project.sql(
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('r1')",
        "CREATE TABLE parents (id int PRIMARY KEY)",
        "CREATE TABLE t (a int, b text)",
        *(FILL if filled else ()),
    )
    told = run(database, script(project))
    assert constraints(project) == (NOT_VALID if filled else ALL_VALID)
    assert told == (
        [
            f"outofband: deferred {step}: new rows satisfy it; apply validates the others"
            for step in ("check t_a_check", "foreign key t_a_fkey", "not null t_b_set")
        ]
        if filled
        else []
    )
    project.sql("DELETE FROM t")
    project.sql("VACUUM t")
    said = run(database, script(project))
    assert constraints(project) == ALL_VALID
    assert said == (
        []
        if filled
        else [
            f"outofband: {step} is done already"
            for step in ("check t_a_check", "foreign key t_a_fkey", "not null t_b_set")
        ]
    )


def test_a_script_takes_no_other_constraint_for_what_is_declared(on_server, database) -> None:
    project = made(on_server)
    project.sql(
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('r1')",
        "CREATE TABLE parents (id int PRIMARY KEY)",
        "CREATE TABLE t (a int, b text, CONSTRAINT t_a_fkey CHECK (a > 0))",
    )
    told = "outofband: deferred foreign key t_a_fkey: its name is taken by another constraint"
    assert told in run(database, script(project))


A = sa.table("t", sa.column("a", sa.Integer), sa.column("b", sa.String)).c


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("a > 0", "a > 0"),
        (r"b ~ '50% \:x'", "b ~ '50% :x'"),
        (sa.text("a BETWEEN 1 AND 9"), "a BETWEEN 1 AND 9"),
        (A.a > 5, "a > 5"),
        (A.b.in_(["it's", "100%"]), "b IN ('it''s', '100%')"),
    ],
)
def test_a_condition_is_sql_or_an_expression(condition: Any, told: str) -> None:
    step = CreateCheckConstraintOutOfBandOp("c", "t", condition).to_step()
    assert step == AddCheck("c", QualifiedName("t"), told)


@pytest.mark.parametrize("condition", ["a > :limit", ""])
def test_a_condition_that_means_nothing_is_said(condition: str) -> None:
    with pytest.raises(ConditionWrong):
        CreateCheckConstraintOutOfBandOp("c", "t", condition).to_step()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ""),
        ({"ondelete": "cascade", "onupdate": "NO ACTION"}, " ON DELETE CASCADE"),
        ({"onupdate": "SET NULL", "match": "full"}, " MATCH FULL ON UPDATE SET NULL"),
        ({"deferrable": True}, " DEFERRABLE"),
        ({"initially": "DEFERRED"}, " DEFERRABLE INITIALLY DEFERRED"),
    ],
)
def test_a_foreign_key_is_spelled_as_postgres_spells_it(given: dict[str, Any], told: str) -> None:
    step = CreateForeignKeyOutOfBandOp(
        "k", "t", "Parents", ["a", "b"], ["x", "y"], referent_schema="app", **given
    ).to_step()
    added = 'ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES app."Parents" (x, y)'
    assert step.plain_sql == f"{added}{told}"


@pytest.mark.parametrize(
    ("columns", "given"),
    [
        ((["a"], []), {}),
        (([], []), {}),
        ((["a"], ["x"]), {"ondelete": "SET NULL (a)"}),
        ((["a"], ["x"]), {"match": "PARTIAL"}),
        ((["a"], ["x"]), {"initially": "LATER"}),
    ],
)
def test_a_foreign_key_that_means_nothing_is_said(columns: Any, given: dict[str, Any]) -> None:
    with pytest.raises(ForeignKeyWrong):
        CreateForeignKeyOutOfBandOp("k", "t", "p", *columns, **given).to_step()


def test_what_undoes_a_foreign_key_names_its_table_and_schema() -> None:
    made = CreateForeignKeyOutOfBandOp("k", "t", "p", ["a"], ["x"], source_schema="app")
    undone = made.reverse()
    assert (undone.constraint_name, undone.table_name, undone.schema) == ("k", "t", "app")
    assert isinstance(made.to_step(), AddForeignKey)
