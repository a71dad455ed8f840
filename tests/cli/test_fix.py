"""`outofband lint --fix` and `--diff`, from the outside."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from commands import ALEMBIC, OUTOFBAND, run

TABLE = """\
from alembic import op
import sqlalchemy as sa

revision, down_revision = "a1", None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("m", sa.Text))
"""
INDEX = """\
from alembic import op

revision, down_revision = "a2", "a1"


def upgrade():
    # the search needs it
    op.create_index("ix_m", "users", ["m"])  # lower case only


def downgrade():
    op.drop_index("ix_m", "users")
"""
FIXED = INDEX.replace("create_index(", "create_index_out_of_band(").replace(
    "drop_index(", "drop_index_out_of_band("
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    run([ALEMBIC, "init", "migrations"], tmp_path)
    env_py = tmp_path / "migrations/env.py"
    bounded = 'poolclass=pool.NullPool, connect_args={"options": "-c lock_timeout=2s"}'
    env_py.write_text(env_py.read_text().replace("poolclass=pool.NullPool", bounded))
    (tmp_path / "migrations/versions/a1.py").write_text(TABLE)
    (tmp_path / "migrations/versions/a2.py").write_text(INDEX)
    return tmp_path


def lint(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run([OUTOFBAND, "lint", *words], project)


def test_fix_writes_the_revision_and_judges_what_is_left(project: Path) -> None:
    fixed = lint(project, "--fix")
    assert (project / "migrations/versions/a2.py").read_text() == FIXED
    assert fixed.stderr.splitlines() == [
        "changed migrations/versions/a2.py",
        "1 operation fixed in 1 file",
    ]
    assert (fixed.returncode, fixed.stdout) == (0, "0 errors, 0 warnings in 2 revisions\n")


def test_fix_a_second_time_changes_nothing(project: Path) -> None:
    lint(project, "--fix")
    again = lint(project, "--fix")
    assert again.stderr == "0 operations fixed in 0 files\n"
    assert (project / "migrations/versions/a2.py").read_text() == FIXED


def test_diff_prints_a_patch_and_writes_nothing(project: Path) -> None:
    shown = lint(project, "--diff")
    assert (project / "migrations/versions/a2.py").read_text() == INDEX
    assert shown.returncode == 1
    assert "\x1b" not in shown.stdout
    patched = subprocess.run(
        ["patch", "-p0"], cwd=project, input=shown.stdout, text=True, capture_output=True
    )
    assert patched.returncode == 0, patched.stdout
    assert (project / "migrations/versions/a2.py").read_text() == FIXED


def test_the_files_mode_is_kept_and_nothing_else_is_left_in_the_folder(project: Path) -> None:
    revision = project / "migrations/versions/a2.py"
    revision.chmod(0o640)
    before = sorted(os.listdir(revision.parent))
    lint(project, "--fix")
    assert revision.stat().st_mode & 0o777 == 0o640
    assert sorted(name for name in os.listdir(revision.parent) if name != "__pycache__") == [
        name for name in before if name != "__pycache__"
    ]


def test_what_needs_a_second_revision_gets_one_and_nothing_else_is_printed(project: Path) -> None:
    both = (
        'op.execute("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID")\n'
        '    op.execute("ALTER TABLE users VALIDATE CONSTRAINT c")'
    )
    revision = project / "migrations/versions/a2.py"
    revision.write_text(INDEX.replace('op.create_index("ix_m", "users", ["m"])', both))
    shown = lint(project, "--diff")
    assert shown.stdout.startswith("--- migrations/versions/a2.py\n")
    assert '+    op.execute("ALTER TABLE users VALIDATE CONSTRAINT c")' in shown.stdout
    fixed = lint(project, "--fix", "--format", "json")
    created = fixed.stderr.splitlines()[1].removeprefix("created ")
    assert "VALIDATE CONSTRAINT c" in (project / created).read_text()
    rules = [finding["rule"] for finding in json.loads(fixed.stdout)["findings"]]
    assert "constraint-validated-in-same-transaction" not in rules


@pytest.mark.parametrize(
    "words",
    [
        ("--fix", "--diff"),
        ("--fix", "--sql", "x.sql"),
        ("--diff", "--sql", "x.sql"),
        ("--fix", "--no-exec"),
    ],
)
def test_a_wrong_call_changes_nothing(project: Path, words: tuple[str, ...]) -> None:
    refused = lint(project, *words)
    assert refused.returncode == 2
    assert "--fix" in refused.stderr
    assert (project / "migrations/versions/a2.py").read_text() == INDEX
