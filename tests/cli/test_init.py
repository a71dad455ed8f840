"""``outofband init`` and ``outofband eject``: in, through an upgrade, and out again."""

from __future__ import annotations

import os
import pty
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands import ALEMBIC, OUTOFBAND, Command, run
from outofband.revisions import adopt
from outofband.revisions.environment import configured
from outofband.revisions.fix_extra import FixNotInstalled

REVISION = """
from alembic import op

revision, down_revision = "1", None

def upgrade({argument}):
    op.execute("CREATE TABLE docs (id int)")
    op.create_index_out_of_band("docs_id", "docs", ["id"])

def downgrade({argument}):
    op.drop_index_out_of_band("docs_id", "docs")
    op.execute("DROP TABLE docs")
"""
FILES = ("env.py", "script.py.mako", "versions", "README")


class Folder:
    """A folder that is a repository's, and the commands in it."""

    def __init__(self, path: Path, **environ: str) -> None:
        self.path, self.environ = path, {**os.environ, **environ}
        (path / ".git").mkdir(exist_ok=True)

    def __call__(self, *words: str, program: str = OUTOFBAND) -> Any:
        return run([program, *words], self.path, self.environ)

    def alembic(self, *words: str) -> Any:
        return self(*words, program=ALEMBIC)

    def revision(self, folder: str, argument: str = "", text: str = REVISION) -> Path:
        path = self.path / folder / "versions/1.py"
        path.write_text(text.replace("{argument}", argument))
        return path

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def indexes(url: str) -> set[str]:
    with psycopg.connect(url) as session:
        rows = session.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        return {name for (name,) in rows} - {"alembic_version_pkc"}


@pytest.mark.parametrize("template", ["generic", "async", "multidb"])
def test_a_new_project_migrates_and_leaves_again(
    folder: Folder, template: str, database: str, make_database: Callable[[], str]
) -> None:
    other = make_database()
    urls = {"DATABASE_URL": database, "MAIN_DATABASE_URL": database, "OTHER_DATABASE_URL": other}
    folder.environ |= urls
    words = ("init", "db", "--template", template, "--deploy", "job", "--yes")
    assert folder(*words).returncode == 0
    assert (folder.path / "db/README").read_text().startswith("Migrations of")
    is_multi = template == "multidb"
    folder.revision("db", "engine_name" if is_multi else "")
    done = folder.alembic("upgrade", "head")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert indexes(database) == {"docs_id"}
    assert indexes(other) == ({"docs_id"} if is_multi else set())
    checked = folder("check", *(("-x", "database=other") if is_multi else ()))
    assert (checked.returncode, checked.stderr) == (0, "1 wanted, 0 pending\n")
    made = folder.alembic("revision", "-m", "next", "--head", "1")
    assert made.returncode == 0, made.stderr
    assert folder.alembic("upgrade", "head").returncode == 0

    assert folder(*words).stdout == ""
    assert folder("eject", "--yes").returncode == 0
    assert b"outofband" not in (folder.path / "db/env.py").read_bytes()
    assert folder.alembic("downgrade", "base").returncode == 0
    assert folder.alembic("upgrade", "head").returncode == 0
    assert indexes(database) == {"docs_id"}


@pytest.mark.parametrize("template", ["generic", "async", "multidb", "pyproject"])
def test_a_project_of_alembics_own_is_the_same_after_it_has_left(
    folder: Folder, template: str
) -> None:
    assert folder.alembic("init", "-t", template, "alembic").returncode == 0
    before = folder.files()
    assert folder("init", "--deploy", "startup", "--yes").returncode == 0
    changed = {name for name, text in folder.files().items() if before.get(name) != text}
    assert changed == {"alembic/env.py", "pyproject.toml"}
    again = folder("init")
    assert (again.returncode, again.stdout) == (0, "")
    assert folder("eject", "--yes").returncode == 0
    assert folder.files() == before


def test_an_adapted_env_py_runs_one_upgrade_at_a_time(folder: Folder, database: str) -> None:
    folder.alembic("init", "alembic")
    ini = folder.path / "alembic.ini"
    url = database.replace("postgresql:", "postgresql+psycopg:").replace("%", "%%")
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", url))
    folder("init", "--deploy", "job", "--yes")
    folder.revision("alembic")
    with psycopg.connect(database) as rival:
        rival.execute("SELECT pg_advisory_lock(1869570560, 0)")
        refused = folder.alembic("-x", "outofband-wait=0s", "upgrade", "head")
    assert (refused.returncode, "Traceback" in refused.stderr) == (3, False)
    assert "another upgrade is running: it has held the lock for 0 s: process" in refused.stderr
    assert folder.alembic("upgrade", "head").returncode == 0


def test_without_a_terminal_it_says_what_to_add(folder: Folder) -> None:
    asked = folder("init")
    assert (asked.returncode, asked.stdout) == (3, "")
    assert "nobody said where migrations run" in asked.stderr
    assert "Add --deploy startup or --deploy job" in asked.stderr
    shown = folder("init", "--deploy", "job")
    assert "+++ migrations/env.py" in shown.stdout
    assert (shown.returncode, "Add --yes" in shown.stderr) == (3, True)
    assert folder.files() == {}


def test_on_a_terminal_it_asks_where_migrations_run_and_whether_to_go_on(folder: Folder) -> None:
    folder.alembic("init", "alembic")
    ours, theirs = pty.openpty()
    command = Command([OUTOFBAND, "init"], folder.path, folder.environ, reads=theirs, err=theirs)
    os.close(theirs)
    os.write(ours, b"sometimes\nstartup\ny\n")
    assert command.wait(60) == 0
    os.close(ours)
    assert (folder.path / "pyproject.toml").read_text().endswith('deploy = "startup"\n')
    assert "guard(connection)" in (folder.path / "alembic/env.py").read_text()


def test_a_transaction_of_env_pys_own_is_pointed_out(folder: Folder) -> None:
    folder.alembic("init", "alembic")
    env_py = folder.path / "alembic/env.py"
    env_py.write_text(env_py.read_text().replace("connectable.connect()", "connectable.begin()"))
    done = folder("init", "--deploy", "job", "--yes")
    assert done.returncode == 0
    assert "alembic/env.py:67 begins a transaction of its own" in done.stderr


def test_without_libcst_it_says_what_to_install_or_to_write(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.alembic("init", "alembic")
    config = configured([str(folder.path / "alembic.ini")])
    monkeypatch.setitem(sys.modules, "libcst", None)
    for name in [name for name in sys.modules if name.startswith("outofband.revisions.rewrite")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(FixNotInstalled, match=r"pip install 'alembic-outofband\[fix\]', or put `"):
        adopt.adopted(config, None, "generic", None)
    with pytest.raises(FixNotInstalled):
        adopt.ejected(config)


def test_a_project_without_env_py_gets_one(folder: Folder) -> None:
    folder.alembic("init", "alembic")
    (folder.path / "alembic/env.py").unlink()
    wrong = folder("status")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
    assert "alembic/env.py failed" in wrong.stderr
    assert folder("init", "--deploy", "job", "--yes").returncode == 0
    assert folder("lint").returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("context.configure(**all)\ncontext.run_migrations()\n", "no connection by name"),
        ("def (", "it is no Python"),
    ],
)
def test_an_env_py_that_no_machine_can_edit_is_left_in_words(
    folder: Folder, text: str, said: str
) -> None:
    folder.alembic("init", "alembic")
    (folder.path / "alembic/env.py").write_text(text)
    refused = folder("init", "--deploy", "job", "--yes")
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert said in refused.stderr
    assert (folder.path / "alembic/env.py").read_text() == text


def test_a_folder_with_files_is_no_place_for_a_new_project(folder: Folder) -> None:
    (folder.path / "migrations").mkdir()
    (folder.path / "migrations/mine.txt").touch()
    refused = folder("init", "--deploy", "job", "--yes")
    assert refused.returncode == 2
    assert "migrations has files, and no alembic.ini names it" in refused.stderr


def test_eject_shows_what_it_cannot_take_away(folder: Folder) -> None:
    folder("init", "db", "--deploy", "job", "--yes")
    folder.revision(
        "db",
        text="from alembic import op\nfrom helper import build\n"
        'revision, down_revision = "1", None\ndef upgrade():\n    build(op)\n'
        '    op.backfill_out_of_band("b", "docs", spec="app:fill")\n',
    )
    (folder.path / "db/helper.py").write_text(
        "def build(op):\n    op.create_index_out_of_band('i', 't', ['a'])\n"
    )
    folder.environ["PYTHONPATH"] = str(folder.path / "db")
    before = folder.files()
    shown = folder("eject", "--diff")
    assert shown.returncode == 0
    assert folder.files() == before
    done = folder("eject", "--yes")
    assert done.returncode == 4
    for err in (shown.stderr, done.stderr):
        assert "db/helper.py:2: stays for a person: it uses op.create_index_out_of_band" in err
        assert "db/versions/1.py:6: went without a successor: op.backfill_out_of_band" in err
        assert "only where outofband check says that nothing is pending" in err


def test_eject_finds_the_revisions_where_env_py_says_that_they_are(folder: Folder) -> None:
    folder("init", "db", "--deploy", "job", "--yes")
    revision = folder.revision("db", text=f"import known_to_env_py\n{REVISION}")
    (folder.path / "db/versions").rename(folder.path / "db/of_postgres")
    env_py = folder.path / "db/env.py"
    env_py.write_text(
        "import sys, types\n"
        "from alembic import context\n"
        "sys.modules['known_to_env_py'] = types.ModuleType('known_to_env_py')\n"
        f"context.script.version_locations = [{str(folder.path / 'db/of_postgres')!r}]\n"
        "context.configure(dialect_name='postgresql')\n"
    )
    left = folder("eject", "--yes")
    assert (left.returncode, left.stderr.partition(" in plain")[0]) == (
        0,
        "outofband: 2 operations",
    )
    assert "create_index(" in (folder.path / "db/of_postgres" / revision.name).read_text()


def test_eject_leaves_nothing_of_a_folder_that_is_named_from_here(folder: Folder) -> None:
    folder("init", "db", "--deploy", "job", "--yes")
    ini = folder.path / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/", ""))
    folder.revision("db")
    left = folder("eject", "--yes")
    assert (left.returncode, "stays for a person" in left.stderr) == (0, False)


def test_two_heads_leave_as_one_does(folder: Folder) -> None:
    folder("init", "db", "--deploy", "job", "--yes")
    first = folder.revision("db")
    other = first.with_name("2.py")
    other.write_text(first.read_text().replace('"1"', '"2"').replace("docs", "pages"))
    assert folder("eject", "--yes").returncode == 0
    assert "create_index(" in first.read_text()
    assert "create_index(" in other.read_text()


def test_our_own_revisions_make_the_same_schema_in_plain_alembic(
    folder: Folder, make_database: Callable[[], str]
) -> None:
    repository = Path(__file__).parents[2]
    shutil.copytree(repository / "alembic", folder.path / "alembic")
    shutil.copy(repository / "alembic.ini", folder.path)
    ours, plain = make_database(), make_database()
    folder.environ["DATABASE_URL"] = ours.replace("postgresql:", "postgresql+psycopg:")
    assert folder.alembic("upgrade", "head").returncode == 0
    left = folder("eject", "--yes")
    assert left.returncode == 0, left.stderr
    folder.environ["DATABASE_URL"] = plain.replace("postgresql:", "postgresql+psycopg:")
    done = folder.alembic("upgrade", "head")
    assert (done.returncode, done.stderr) == (0, "")
    assert indexes(plain) == indexes(ours) != set()
    assert folder.alembic("downgrade", "base").returncode == 0
    assert indexes(plain) == set()
