from __future__ import annotations

import os
from textwrap import dedent

import pytest

from outofband.model.step import AddConstraint, CreateIndex, DropIndex
from outofband.revisions import graph
from outofband.revisions.render import Rendered, render
from outofband_lint.source import Problem


def rendered(project, **keywords) -> list[Rendered]:
    environment = project.environment
    return list(render(environment, graph.every(environment.script), **keywords))


def sent(one: Rendered) -> list[tuple[int, str]]:
    return [(source.line, source.sql) for source in one.revision.sources]


def line_of(one: Rendered, text: str) -> int:
    with open(one.revision.path) as file:
        return next(n for n, line in enumerate(file, start=1) if text in line)


def test_each_statement_has_the_line_of_the_revision_that_caused_it(project) -> None:
    project.module(
        "helpers_of_render",
        """
        def add(op, table):
            def deeper():
                op.execute(f"ALTER TABLE {table} ADD COLUMN a int")
            deeper()
        """,
    )
    project.revision(
        "r1",
        """
        op.create_table("t", sa.Column("id", sa.Integer()))
        for name in ("x", "y"):
            op.create_index(f"ix_{name}", "t", [name])
        add(op, "t")
        op.execute(
            "ANALYZE t"
        )
        """,
        top="from helpers_of_render import add",
    )
    (one,) = rendered(project)
    loop = line_of(one, "op.create_index")
    assert sent(one)[1:] == [
        (loop, "CREATE INDEX ix_x ON t (x)"),
        (loop, "CREATE INDEX ix_y ON t (y)"),
        (line_of(one, "add(op"), "ALTER TABLE t ADD COLUMN a int"),
        (line_of(one, "op.execute("), "ANALYZE t"),
    ]


def test_steps_stand_among_the_statements(project) -> None:
    project.revision(
        "r1",
        """
        op.require_step("older")
        op.create_index_out_of_band("ix", "t", ["a"], unique=True)
        op.create_unique_constraint_out_of_band("uq", "t", ["a"], using_index="ix")
        op.execute("ANALYZE t")
        op.drop_index_out_of_band("old", "t", after=["uq"])
        """,
    )
    (one,) = rendered(project)
    assert [type(step) for step in one.steps] == [CreateIndex, AddConstraint, DropIndex]
    order = [(source.barrier, step and step.name) for source, step in one.in_order()]
    assert order == [("older", None), (None, "ix"), (None, "uq"), (None, None), (None, "old")]
    assert sent(one)[1][1] == "CREATE UNIQUE INDEX ix ON t (a)"


def test_what_a_type_was_is_told_by_the_operation_that_changes_it(project) -> None:
    project.revision(
        "a",
        upgrade="""
        op.alter_column("t", "a", type_=sa.Text(), existing_type=sa.String(20))
        op.alter_column("t", "b", type_=sa.Text())
        op.alter_column("t", "c", existing_type=sa.String(20), nullable=True)
        """,
    )
    (one,) = rendered(project)
    told = [source.existing_type for source in one.revision.sources]
    assert told == ["VARCHAR(20)", None, None]


def test_an_autocommit_block_is_no_transaction(project) -> None:
    project.revision(
        "r1",
        """
        op.execute("SELECT 1")
        with op.get_context().autocommit_block():
            op.create_index("ix", "t", ["a"], postgresql_concurrently=True)
        op.execute("SELECT 2")
        """,
    )
    (one,) = rendered(project)
    assert [s.in_transaction for s in one.revision.sources] == [True, False, True]


def test_plain_sql_comes_as_it_was_written(project) -> None:
    project.revision("r1", """op.execute("UPDATE t SET a = '50%' WHERE b LIKE 'x%%'")""")
    (one,) = rendered(project)
    assert sent(one)[0][1] == "UPDATE t SET a = '50%' WHERE b LIKE 'x%%'"


def test_data_goes_through_when_no_answer_is_needed(project) -> None:
    project.revision(
        "r1",
        """
        connection = op.get_bind()
        connection.execute(sa.text("UPDATE t SET a = :a"), {"a": "x"})
        table = sa.table("t", sa.column("a"))
        connection.execute(table.insert(), [{"a": object()}, {"a": object()}])
        connection.exec_driver_sql("UPDATE t SET at = '10:30'")
        op.bulk_insert(table, [{"a": object()}])
        """,
    )
    (one,) = rendered(project)
    assert [sql for _, sql in sent(one)] == [
        "UPDATE t SET a = 'x'",
        "INSERT INTO t (a) VALUES (:a)",
        "UPDATE t SET at = '10:30'",
        "INSERT INTO t (a) VALUES (:a)",
    ]


def test_env_pys_naming_conventions_hold(project) -> None:
    convention = '{"uq": "uq_%(table_name)s_%(column_0_name)s"}'
    project.env_py(
        options=f'{{"target_metadata": MetaData(naming_convention={convention}),'
        ' "transaction_per_migration": True}'
    )
    project.revision("r1", 'op.create_unique_constraint(None, "t", ["a"])')
    (one,) = rendered(project)
    assert sent(one)[0][1] == "ALTER TABLE t ADD CONSTRAINT uq_t_a UNIQUE (a)"


PROBLEMS = {
    "raises": ('raise ValueError("no\\nsecond line")', "upgrade() raises ValueError: no"),
    "exits": ("import sys; sys.exit(3)", "upgrade() exits"),
    "ends the process": ("import os; os._exit(0)", "upgrade() ended the process"),
    "never ends": ("while True: pass", "upgrade() was still running after 3 s"),
    "swallows its interruption": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "upgrade() was still running after 3 s",
    ),
    "is hungry": (
        "bytearray(2 ** 36)",
        "upgrade() raises MemoryError",
    ),
    "declares nonsense": (
        'op.create_index_out_of_band(None, "t", ["a"])',
        "op.create_index_out_of_band without a name: a runbook and a barrier call a step by it, and"
        " no naming convention decides it",
    ),
}


@pytest.mark.parametrize(("body", "reason"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_revision_that_cannot_be_run_says_why_and_takes_no_other_down(
    project, body: str, reason: str
) -> None:
    project.revision("before", 'op.execute("SELECT 1")')
    project.revision("bad", 'op.create_index("ix", "t", ["a"])\n' + body)
    project.revision("after", 'op.execute("SELECT 2")')
    before, bad, after = rendered(project, limit=3 if "still running" in reason else 60)
    assert sent(before)[0][1] == "SELECT 1"
    assert sent(after)[0][1] == "SELECT 2"
    assert (before.revision.problem, after.revision.problem) == (None, None)
    assert bad.revision.problem is not None
    assert bad.revision.problem.reason == reason
    assert sent(bad) == [(line_of(bad, "op.create_index("), "CREATE INDEX ix ON t (a)")]
    assert not bad.may_declare_more or "out_of_band" in body


OFFLINE = """
if {question}:
    op.execute("SELECT 1")
    return
op.create_index("ix", "t", ["a"])
"""


@pytest.mark.parametrize(
    "question", ["context.is_offline_mode()", "op.get_context().as_sql", "asked()"]
)
def test_a_revision_that_asks_is_rendered_as_in_a_deploy(project, question: str) -> None:
    top = """
    from alembic import context
    def asked():
        return context.is_offline_mode()
    """
    project.revision("r1", OFFLINE.format(question=question), top=top)
    (one,) = rendered(project)
    assert one.revision.problem is None
    assert [source.sql for source in one.revision.sources] == ["CREATE INDEX ix ON t (a)"]


def test_a_helper_that_looks_first_where_it_can_is_rendered(project) -> None:
    project.module(
        "helper_of_mode",
        """
        from alembic import context, op
        from sqlalchemy import inspect
        def add(name):
            if context.is_offline_mode() or not inspect(op.get_bind()).has_index("t", name):
                op.create_index(name, "t", ["a"])
        """,
    )
    project.revision("r1", 'add("ix")', top="from helper_of_mode import add")
    (one,) = rendered(project)
    assert one.revision.problem is None
    assert [source.sql for source in one.revision.sources] == ["CREATE INDEX ix ON t (a)"]


def test_the_line_of_a_problem_is_the_revisions(project) -> None:
    project.revision("r1", 'op.execute("SELECT 1")\nint("x")')
    (one,) = rendered(project)
    assert one.revision.problem == Problem(
        "upgrade() raises ValueError: invalid literal for int() with base 10: 'x'",
        line_of(one, 'int("x")'),
    )


def test_the_child_prints_nothing_here(project, capfd) -> None:
    project.revision(
        "r1",
        """
        import logging, sys, warnings
        print("to stdout")
        print("to stderr", file=sys.stderr)
        logging.getLogger().critical("to the log")
        """,
    )
    rendered(project)
    assert capfd.readouterr() == ("", "")


def test_a_branch_and_a_dependency_come_along(project) -> None:
    project.revision("r1", after=None)
    project.revision("r2", after=None)
    project.revision("r3", after="r1", depends_on="r2")
    project.revision("r4", after=("r3",))
    by_id = {one.revision.id: one.revision for one in rendered(project)}
    assert by_id["r3"].down_revisions == ("r1",)
    assert by_id["r3"].depends_on == ("r2",)
    assert by_id["r1"].down_revisions == ()


def test_a_step_can_be_cut_off_at(project) -> None:
    project.revision(
        "r1",
        """
        op.create_index_out_of_band("one", "t", ["a"])
        op.create_index_out_of_band("two", "t", ["b"])
        """,
    )
    (one,) = rendered(project)
    assert [step.name for step in one.before(one.steps[1]).steps] == ["one"]
    assert [s.out_of_band for s in one.before(one.steps[1]).revision.sources] == [True]
    assert one.before("no such barrier") == one


def test_a_thousand_revisions_are_rendered_in_a_second_or_so(project) -> None:
    template = dedent(
        """
        from alembic import op
        import sqlalchemy as sa
        revision = "{n}"
        down_revision = {down!r}
        def upgrade():
            op.add_column("t", sa.Column("c{n}", sa.Integer()))
            op.create_index("ix{n}", "t", ["c{n}"])
        """
    )
    for n in range(1000):
        text = template.format(n=f"r{n:04}", down=f"r{n - 1:04}" if n else None)
        (project.folder / f"migrations/versions/r{n:04}.py").write_text(text)
    environment = project.environment
    scripts = graph.every(environment.script)
    started = os.times()
    assert len(render(environment, scripts)) == 1000
    ended = os.times()
    seconds = sum(ended[:4]) - sum(started[:4])  # of processors, by this process and its child
    assert seconds < 10, "twenty times what it takes"
