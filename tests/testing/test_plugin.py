"""What a project's own tests get, seen from that project."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from outofband_lint.query_file import queries_from_sql
from rehearsed import Project

Run = Callable[..., pytest.RunResult]
BOTH = "from outofband.testing import test_every_revision_up_down_up, test_head_matches_models"


def test_the_plugin_imports_nothing_heavy() -> None:
    heavy = "{'alembic', 'sqlalchemy', 'psycopg', 'click', 'rich', 'outofband_lint'}"
    script = f"import sys, outofband.testing.plugin; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("way", ["import", "setting"])
def test_a_project_gets_the_tests_by_one_line(way: str, run: Run) -> None:
    options = ("-o", "outofband_tests=true") if way == "setting" else ()
    result = run(BOTH if way == "import" else "", "-v", *options)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines([f"*test_every_revision_up_down_up?{n}? PASSED*" for n in "123"])


HALF_WAY = """with op.get_context().autocommit_block():
    op.execute("CREATE TABLE rest ()")
raise ValueError('no way')"""


def test_revisions_that_do_not_come_down_are_named_and_no_others(
    project: Project, run: Run
) -> None:
    column = 'op.add_column("items", sa.Column("{}", sa.Text))'
    project.revise("4", column.format("four"), "raise NotImplementedError('rows are gone')")
    project.revise("5", column.format("five"), "pass")
    project.revise("6", column.format("six"), HALF_WAY)
    project.revise("7", column.format("seven"), 'op.drop_column("items", "seven")')
    result = run("from outofband.testing import test_every_revision_up_down_up", "-rs")
    result.assert_outcomes(passed=4, failed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*downgrade of revision 5 does not undo its upgrade: left over: column *items.five*",
            "revision 6 cannot be downgraded: *6.py:* ValueError: no way*",
            "SKIPPED*revision 4 cannot be downgraded: *4.py:* NotImplementedError: rows are gone*",
        ]
    )


def test_of_two_branches_and_their_merge_each_comes_down_alone(project: Project, run: Run) -> None:
    project.revise("4a", 'op.create_table("a")', 'op.drop_table("a")')
    project.last = "3"
    project.revise("4b", 'op.create_table("b")', 'op.drop_table("b")')
    project.last = ("4a", "4b")  # type: ignore[assignment]
    project.revise("5", 'op.create_table("c")', 'op.drop_table("c")')
    result = run("from outofband.testing import test_every_revision_up_down_up")
    result.assert_outcomes(passed=6)


def test_after_a_revision_that_does_not_go_up_the_others_say_which(
    project: Project, run: Run
) -> None:
    project.last = "1"
    project.revise("2", 'op.drop_table("absent")')
    result = run("from outofband.testing import test_every_revision_up_down_up")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ['upgrade of revision 2 fails at *: table "absent" does not exist', "revision 3 was not*2*"]
    )


def test_models_that_want_something_else_are_told(project: Project, run: Run) -> None:
    for name in ("include", "where", "using"):
        project.revise(f"i_{name}", f'op.create_index("i_{name}", "items", ["name"])')
    models = project.folder / "shop_models.py"
    wanted = [
        f'sa.Index("i_{name}", items.c.name, postgresql_{name}={option!r})'
        for name, option in (("include", ["id"]), ("where", "id > 7"), ("using", "hash"))
    ]
    added = ['items.append_column(sa.Column("n", sa.Integer))', *wanted]
    models.write_text("\n".join([models.read_text(), *added]))
    result = run("from outofband.testing import test_head_matches_models")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*op.add_column('items', sa.Column('n', *",
            "index i_include is another one than declared, in INCLUDE",
            "index i_using is another one than declared, in access method",
            "index i_where is another one than declared, in predicate",
        ]
    )


ROWS = """
import psycopg, pytest
@pytest.mark.parametrize("n", range(3))
def test_rows(outofband_database, n):
    with psycopg.connect(outofband_database, autocommit=True) as session:
        assert session.execute("SELECT count(*) FROM items").fetchone() == (0,)
        session.execute("INSERT INTO items VALUES (1)")
        session.execute("CREATE TABLE made ()")
def test_left(outofband_server):
    with psycopg.connect(outofband_server.url()) as session:
        names = session.execute("SELECT datname FROM pg_database WHERE datname ~ '^outofband_'")
        assert len(names.fetchall()) <= 1
"""


QUERIES = """
import sqlalchemy as sa
from shop_models import items
def test_items(outofband_database, outofband_queries):
    url = sa.engine.make_url(outofband_database).set(drivername="postgresql+psycopg")
    with sa.create_engine(url).begin() as connection:
        connection.execute(items.insert(), {"id": 1, "name": "a secret"})
        connection.execute(sa.select(items.c.id).where(items.c.name == "a secret").limit(1))
        connection.execute(sa.text("DELETE FROM items WHERE name = 'a secret' AND id < 7"))
        connection.execute(sa.text("CREATE TABLE made ()"))
        assert sa.inspect(connection).get_table_names()
    assert len(outofband_queries) == 3
"""


def test_of_several_workers_each_has_databases_and_all_queries_come_into_one_file(
    project: Project, run: Run
) -> None:
    (project.folder / "test_rows.py").write_text(ROWS)
    run(QUERIES, "-n", "2", "--outofband-queries", "q.sql").assert_outcomes(passed=5)
    text = (project.folder / "q.sql").read_text()
    assert [(q.name.rpartition("_")[0], q.sql) for q in queries_from_sql(text, "q.sql")] == [
        ("delete_items", "DELETE FROM items WHERE name = $1 AND id < $2;"),
        ("insert_items", "INSERT INTO items (id, name) VALUES ($1::INTEGER, $2::VARCHAR);"),
        (
            "select_items",
            "SELECT items.id FROM items WHERE items.name = $1::VARCHAR LIMIT $2::INTEGER;",
        ),
    ]


def test_a_project_without_alembic_is_told_so(run: Run) -> None:
    result = run(BOTH)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*alembic*"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.usefixtures("project")
def test_several_workers_say_of_each_revision_what_one_would(run: Run) -> None:
    result = run(BOTH, "-n", "2", "--dist", "loadgroup")
    result.assert_outcomes(passed=4)
