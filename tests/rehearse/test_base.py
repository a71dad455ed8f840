"""The database below the rehearsed revisions is made once, and again when it would be another."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from outofband.gate.request import Request
from outofband.rehearse.rehearse import rehearse
from rehearsed import FOR_REAL, Project

BASE = f"""op.execute("CREATE TABLE t (id int)")
{FOR_REAL}:
    with open({{made!r}}, "a") as file:
        file.write("made ")"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A file in which the base revision leaves a word each time that it runs for real."""
    return tmp_path / "made.txt"


@pytest.fixture
def project(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / ".gitignore").write_text("cache\nmade.txt\n")
    project = Project(tmp_path)
    project.revise("1", BASE.format(made=str(made)))
    _commit()
    project.revise(
        "2", 'op.add_column("t", sa.Column("n", sa.Integer))', 'op.drop_column("t", "n")'
    )
    return project


def _commit() -> None:
    who = ("-c", "user.email=a@example.org", "-c", "user.name=a")
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", *who, "commit", "--quiet", "-m", "base"], check=True)


def _times(made: Path) -> int:
    """Rehearse; return how often the base revision ran on a server for it."""
    made.unlink(missing_ok=True)
    rehearsal = rehearse(Request(since="HEAD"), stats=None, limit=60)
    assert [revision.id for revision in rehearsal.revisions] == ["2"]
    assert all(ran.failure is None for ran in rehearsal.ran)
    assert [ran.part for ran in rehearsal.ran] == ["base", "upgrade", "downgrade", "again"]
    return len(made.read_text().split()) if made.exists() else 0


def test_a_base_that_is_as_it_was_is_not_made_again(project: Project, made: Path) -> None:
    assert _times(made) == 1
    project.last = "1"
    project.revise(
        "2", 'op.add_column("t", sa.Column("m", sa.Integer))', 'op.drop_column("t", "m")'
    )
    assert _times(made) == 0


def test_an_edited_env_py_makes_it_anew(project: Project, made: Path) -> None:
    assert _times(made) == 1
    env = project.folder / "migrations" / "env.py"
    env.write_text(env.read_text() + "\n# edited\n")
    assert _times(made) == 1


def test_a_damaged_archive_makes_it_anew(project: Project, made: Path) -> None:
    assert _times(made) == 1
    (archive,) = (project.folder / "cache" / "outofband").glob("base-*.tar")
    archive.write_bytes(archive.read_bytes()[:1_000_000])
    assert _times(made) == 1


def test_what_was_deployed_apart_is_not_one_transaction_now(project: Project, made: Path) -> None:
    """One of many tables would have more locks than a server has room for."""
    project.last = "1"
    env = project.folder / "migrations" / "env.py"
    noted = "op.get_bind().exec_driver_sql('SELECT pg_current_xact_id()::text').scalar()"
    for revision in ("1a", "1b"):
        project.revise(
            revision,
            f"{FOR_REAL}:\n    with open({str(made)!r}, 'a') as file:\n"
            f"        file.write({noted} + ' ')",
        )
    _commit()
    project.revise("2", 'op.execute("DROP TABLE t")', 'op.execute("CREATE TABLE t (id int)")')
    assert "transaction_per_migration" not in env.read_text()
    assert _times(made) == 3
    assert len({*made.read_text().split()}) == 3
