"""What git gives of the base, and which revisions were edited since."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from outofband.revisions.edited import edited, print_of
from outofband.revisions.git import LARGEST, Checkout, NotInGit
from outofband_lint.source import Revision


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A monorepo with an Alembic project in services/app, and much besides."""
    top = tmp_path / "repository"
    files = {
        "libs/helpers.py": b"x = 1\n",
        "libs/data.csv": b"far from the project\n",
        "web/bundle.js": b"//\n",
        "services/app/alembic.ini": b"[alembic]\n",
        "services/app/versions/1.py": b"revision = '1'\n",
        "services/app/versions/seed ä.sql": b"SELECT 1;\n",
        "services/app/dump.bin": b"\0" * (LARGEST + 1),
        "services/app/large.py": b"#" * (LARGEST + 1),
        "services/app/empty.py": b"",
    }
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (top / "services/app/link.py").symlink_to("large.py")
    (top / "services/app/away.py").symlink_to("/etc/passwd")
    git(top, "init", "--initial-branch=main")
    git(top, "add", "--all")
    git(top, "commit", "--message=x")
    return Checkout.around(top / "services" / "app" / "alembic.ini")


def test_what_a_project_may_need_is_exported_and_the_rest_of_a_monorepo_is_not(
    checkout: Checkout, tmp_path: Path
) -> None:
    folder = tmp_path / "then"
    folder.mkdir()
    checkout.export("main", folder, checkout.top / "services" / "app")
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert there == {
        "libs/helpers.py",
        "services/app/alembic.ini",
        "services/app/versions/1.py",
        "services/app/versions/seed ä.sql",
        "services/app/large.py",
        "services/app/empty.py",
        "services/app/link.py",
    }
    for name in there:
        assert (folder / name).read_bytes() == (checkout.top / name).read_bytes()
    assert not (folder / "services/app/away.py").is_symlink()


def test_the_state_exported_is_that_of_the_commit(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.top / "libs/helpers.py").write_text("x = 2\n")
    (checkout.top / "libs/new.py").write_text("untracked\n")
    folder = tmp_path / "then"
    checkout.export(checkout.merge_base("main"), folder, checkout.top)
    assert (folder / "libs/helpers.py").read_text() == "x = 1\n"
    assert not (folder / "libs/new.py").exists()


def test_a_hook_of_git_changes_nothing(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    again = Checkout.around(checkout.top / "services" / "app")
    assert again.merge_base("main") == checkout.merge_base("main")


def test_outside_a_checkout_there_is_no_base(tmp_path: Path) -> None:
    with pytest.raises(NotInGit, match="needs a git checkout"):
        Checkout.around(tmp_path)


BEFORE = '''
from alembic import op
revision = "1"
def upgrade():
    """Add a column."""
    op.execute("SELECT 1")
def downgrade():
    pass
'''


@pytest.mark.parametrize(
    ("after", "is_edited"),
    [
        (BEFORE, False),
        (BEFORE.replace("SELECT 1", "SELECT 2"), True),
        (BEFORE.replace('("SELECT 1")', "(\n        'SELECT 1'  # one\n    )"), False),
        (BEFORE.replace("Add a column", "Something else"), False),
        (BEFORE.replace("pass", "op.drop_table('t')"), False),
        (BEFORE.replace("    op.exec", "    if True:\n        op.exec"), True),
        (BEFORE.replace("def upgrade", "def renamed"), True),
        (BEFORE + "def (", True),
        ("\0", True),
    ],
)
def test_a_revision_is_edited_where_the_syntax_tree_of_upgrade_differs(
    tmp_path: Path, after: str, is_edited: bool
) -> None:
    paths = tmp_path / "before.py", tmp_path / "after.py"
    paths[0].write_text(BEFORE)
    paths[1].write_text(after)
    now = Revision("1", str(paths[1]))
    assert edited({"1": print_of(paths[0])}, [now]) == ({"1"} if is_edited else set())


def test_a_new_revision_is_not_an_edited_one(tmp_path: Path) -> None:
    assert edited({"1": print_of(tmp_path / "a")}, [Revision("2", "b")]) == frozenset()
