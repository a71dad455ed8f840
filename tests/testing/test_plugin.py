"""What a project's own tests get, seen from that project."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

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


def test_a_project_without_alembic_is_told_so(run: Run) -> None:
    result = run(BOTH)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*alembic*"])
    result.stdout.no_fnmatch_line("*Traceback*")
