"""`outofband lint` on a project made by `alembic init`, from the outside."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import ALEMBIC, OUTOFBAND, run

FIRST = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "a1", None
def upgrade():
    key = sa.Column("id", sa.Integer, primary_key=True)
    op.create_table("users", key, sa.Column("email", sa.Text))
"""
PLAIN_INDEX = """
from alembic import op
revision, down_revision = "a2", "a1"
def upgrade():
    op.create_index("ix_email", "users", ["email"])
"""
OUT_OF_BAND = PLAIN_INDEX.replace("op.create_index(", "op.create_index_out_of_band(")


class Project:
    """An Alembic project in a folder, under git where a test asks for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run([ALEMBIC, "init", "migrations"], folder)
        env_py = folder / "migrations" / "env.py"
        bounded = 'poolclass=pool.NullPool, connect_args={"options": "-c lock_timeout=2s"}'
        env_py.write_text(env_py.read_text().replace("poolclass=pool.NullPool", bounded))

    def git(self, *words: str) -> None:
        identity = "-c", "user.name=t", "-c", "user.email=t@t"
        subprocess.run(["git", *identity, *words], cwd=self.folder, check=True, capture_output=True)

    def lint(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run([OUTOFBAND, "lint", *words], self.folder)

    def write(self, name: str, text: str) -> None:
        (self.folder / "migrations" / "versions" / f"{name}.py").write_text(text, encoding="utf-8")

    def settings(self, text: str) -> None:
        (self.folder / "pyproject.toml").write_text(f"[tool.outofband]\n{text}\n", encoding="utf-8")

    def commit(self) -> None:
        self.git("init", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--message=x")

    def rules(self, *words: str) -> list[str]:
        found = json.loads(self.lint("--format", "json", *words).stdout)["findings"]
        return [finding["rule"] for finding in found]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("a1_users", FIRST)
    return made


def test_a_safe_project_passes(project: Project) -> None:
    project.write("a2", OUT_OF_BAND)
    linted = project.lint()
    assert (linted.returncode, linted.stdout) == (0, "0 errors, 0 warnings in 2 revisions\n")


def test_a_finding_names_file_line_table_and_cost(project: Project) -> None:
    project.write("a2", PLAIN_INDEX)
    linted = project.lint()
    assert linted.returncode == 1
    assert "migrations/versions/a2.py:5: error[index-built-in-deploy]" in linted.stdout
    assert "users" in linted.stdout
    assert "op.create_index_out_of_band" in linted.stdout
    assert "\x1b" not in linted.stdout


def test_json_has_the_documented_shape(project: Project) -> None:
    project.write("a2", PLAIN_INDEX)
    document = json.loads(project.lint("--format", "json").stdout)
    (finding,) = document["findings"]
    keys = "rule severity revision path line message help statement fingerprint"
    assert set(finding) == set(keys.split())
    assert finding["path"] == "migrations/versions/a2.py"
    assert "summary" in document


def test_a_warning_fails_only_where_it_is_asked_to(project: Project) -> None:
    project.write("a2", PLAIN_INDEX)
    project.settings('small = ["users"]')
    assert project.lint().returncode == 0
    assert project.lint("--fail-on", "warning").returncode == 1


def test_history_before_start_after_is_not_judged(project: Project) -> None:
    project.write("a2", PLAIN_INDEX)
    project.settings('start-after = "a2"')
    assert project.rules() == []


def test_an_unknown_start_after_is_a_wrong_configuration(project: Project) -> None:
    project.settings('start-after = "zz"')
    assert project.lint().returncode == 2


def test_an_unknown_setting_is_named_with_what_was_meant(project: Project) -> None:
    project.settings('larg = ["users"]')
    linted = project.lint()
    assert linted.returncode == 2
    assert "'larg'" in linted.stderr
    assert "Did you mean 'large'?" in linted.stderr


def test_since_judges_what_the_branch_adds_even_uncommitted(project: Project) -> None:
    project.write("a2", PLAIN_INDEX)
    project.commit()
    assert project.rules("--since", "main") == []
    other = PLAIN_INDEX.replace("a2", "a3").replace("a1", "a2").replace("ix_e", "ix_f")
    project.write("a3", other.replace('["email"]', '["id", "email"]'))
    assert project.rules("--since", "main") == ["index-built-in-deploy"]


def test_since_judges_a_revision_whose_upgrade_was_edited(project: Project) -> None:
    project.write("a2", OUT_OF_BAND)
    project.commit()
    project.write("a2", "# a comment changes nothing\n" + OUT_OF_BAND)
    assert project.rules("--since", "main") == []
    project.write("a2", PLAIN_INDEX)
    edited = ["applied-revision-edited", "index-built-in-deploy", "pending-step-removed"]
    assert sorted(project.rules("--since", "main")) in (edited, edited[:2])


def test_since_reads_the_helpers_as_they_were_at_the_base(project: Project) -> None:
    helper = project.folder / "helper_at_base.py"
    helper.write_text("def change(op):\n    op.execute('ANALYZE users')\n")
    body = PLAIN_INDEX.replace('op.create_index("ix_email", "users", ["email"])', "change(op)")
    project.write("a2", "from helper_at_base import change\n" + body)
    project.commit()
    assert project.rules("--since", "main") == []
    helper.write_text("def change(op):\n    op.execute('DROP INDEX ix_users')\n")
    found = project.rules("--since", "main")
    assert sorted(found) == ["applied-revision-edited", "index-dropped-in-deploy"]


def test_since_knows_the_table_that_the_branch_itself_adds(project: Project) -> None:
    project.git("init", "--initial-branch=main")
    (project.folder / "migrations" / "versions" / "a1_users.py").unlink()
    project.commit()
    project.write("a1_users", FIRST)
    project.write("a2", PLAIN_INDEX)
    assert project.rules() == ["index-built-in-deploy"]
    assert project.rules("--since", "main") == []


def _outside_git(project: Project) -> None:
    del project


def _unknown_ref(project: Project) -> None:
    project.commit()


def _shallow(project: Project) -> None:
    project.commit()
    project.write("a2", PLAIN_INDEX)
    project.commit()
    clone = project.folder / "clone"
    project.git("clone", "--depth=1", f"file://{project.folder}", str(clone))
    project.folder = clone


@pytest.mark.parametrize(
    ("arrange", "ref", "told"),
    [
        (_outside_git, "main", "git checkout"),
        (_unknown_ref, "no-such-ref", "git fetch"),
        (_unknown_ref, "--output=x", "git fetch"),
        (_shallow, "main", "git fetch --unshallow"),
    ],
)
def test_since_without_an_answer_is_a_wrong_call(
    project: Project, arrange: Callable[[Project], None], ref: str, told: str
) -> None:
    arrange(project)
    linted = project.lint("--since", ref)
    assert linted.returncode == 2
    assert told in linted.stderr
    assert len(linted.stderr.splitlines()) == 1


def test_a_revision_that_raises_is_a_finding_with_its_line(project: Project) -> None:
    project.write("a2", PLAIN_INDEX.replace("    op.create", "    1 / 0\n    op.create"))
    assert sorted(project.rules()) == ["index-built-in-deploy", "revision-not-rendered"]


def test_what_the_project_prints_does_not_mix_with_what_lint_prints(project: Project) -> None:
    project.write("a2", "print('from the revision')\n" + OUT_OF_BAND)
    env_py = project.folder / "migrations" / "env.py"
    env_py.write_text("print('from env.py')\n" + env_py.read_text())
    linted = project.lint("--format", "json")
    assert json.loads(linted.stdout)["summary"]["revisions"] == 2
    assert linted.stderr == ""


ENV_PYS = {
    "raise SystemExit(0)\n": "env.py could not be run: SystemExit",
    "from sqlalchemy import create_engine\n"
    "create_engine('postgresql+psycopg://u:hunter2@127.0.0.1:1/shop').connect()\n": (
        "it connects even when it is run offline: cannot connect to database shop at 127.0.0.1:1"
    ),
}


@pytest.mark.parametrize(("env_py", "said"), ENV_PYS.items())
def test_an_env_py_that_cannot_run_is_told_and_stops_no_judgement(
    project: Project, env_py: str, said: str
) -> None:
    project.write("a2", PLAIN_INDEX)
    (project.folder / "migrations" / "env.py").write_text(env_py)
    linted = project.lint()
    assert linted.returncode == 1
    assert "warning[environment-not-run]" in linted.stdout
    assert said in " ".join(linted.stdout.split())
    assert "error[index-built-in-deploy]" in linted.stdout
    assert "hunter2" not in linted.stdout + linted.stderr


def test_nothing_judged_because_of_env_py_is_no_pass(project: Project) -> None:
    shutil.rmtree(project.folder / "migrations" / "versions")
    env_py = "from os import environ\nenviron['WHERE_REVISIONS_ARE']\n"
    (project.folder / "migrations" / "env.py").write_text(env_py)
    linted = project.lint()
    assert (linted.returncode, linted.stdout) == (2, "")
    assert "there is no revision to judge: migrations/env.py, which may say" in linted.stderr
    assert "$WHERE_REVISIONS_ARE is not set. Set what env.py reads" in linted.stderr


def test_without_execution_a_strangers_revision_is_judged_and_not_run(project: Project) -> None:
    trap = "open('sprung', 'w').close()\n"
    project.write("a2", trap + PLAIN_INDEX)
    project.write("a3", "import theirs\n" + PLAIN_INDEX.replace("a2", "a3").replace("a1", "a2"))
    env_py = project.folder / "migrations" / "env.py"
    env_py.write_text(trap + env_py.read_text())
    assert project.rules("--no-exec") == ["index-built-in-deploy", "index-built-in-deploy"]
    assert not (project.folder / "sprung").exists()


def test_files_that_form_no_graph_are_one_line(project: Project) -> None:
    project.write("a2", PLAIN_INDEX.replace('"a1"', '"gone"'))
    linted = project.lint()
    assert (linted.returncode, linted.stdout) == (2, "")
    assert "a2.py" in linted.stderr
    assert len(linted.stderr.splitlines()) == 1


def test_sql_files_are_judged_without_a_project(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text(
        "CREATE TABLE t (a int PRIMARY KEY, b int);", encoding="utf-8"
    )
    (tmp_path / "two.sql").write_text("CREATE INDEX i ON t (b);", encoding="utf-8")
    files = ["--sql", "one.sql", "--sql", "two.sql"]
    linted = run([OUTOFBAND, "lint", *files, "--format", "github"], tmp_path)
    assert linted.returncode == 1
    assert linted.stdout.startswith("::error file=two.sql,line=1,title=index-built-in-deploy::")


def test_a_byte_order_mark_is_no_part_of_the_sql(tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    path.write_text("CREATE INDEX ix ON users (email)", encoding="utf-8-sig")
    linted = run([OUTOFBAND, "lint", "--sql", "a.sql"], tmp_path)
    assert "a.sql:1: error[index-built-in-deploy]" in linted.stdout


@pytest.mark.parametrize("words", [["--sql", "missing.sql"], ["--sql", "a.sql", "--since", "main"]])
def test_a_wrong_call_exits_with_2(tmp_path: Path, words: list[str]) -> None:
    linted = run([OUTOFBAND, "lint", *words], tmp_path)
    assert linted.returncode == 2


def test_without_a_project_it_says_where_to_look(tmp_path: Path) -> None:
    linted = run([OUTOFBAND, "lint"], tmp_path)
    assert linted.returncode == 2
    assert "alembic.ini" in linted.stderr
    assert "Traceback" not in linted.stderr


def test_only_what_is_found_in_the_files_named_counts(project: Project) -> None:
    project.write("a2", PLAIN_INDEX)
    versions = project.folder / "migrations/versions"
    assert "index-built-in-deploy" in project.rules(str(versions / "a2.py"))
    assert "index-built-in-deploy" not in project.rules("migrations/versions/a1_users.py")
    assert project.lint("migrations/versions/a2.py").returncode == 1


def test_a_file_that_is_no_revision_is_not_passed_over(project: Project) -> None:
    done = project.lint("setup.py")
    assert done.returncode == 2
    assert "setup.py is no revision of this project" in done.stderr
