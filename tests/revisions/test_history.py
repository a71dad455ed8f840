"""No revision, and no env.py, takes the others down; what goes wrong has a file and a line."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from outofband.revisions import history
from outofband.revisions.graph import RevisionsNotLoaded
from outofband.revisions.history import History, Reading
from outofband_lint.source import Revision

TAIL = """
revision = "bad"
down_revision = "before"

def upgrade():
    op.create_index("ix", "t", ["a"])
"""
LIMIT = 3.0
"""Seconds for what never ends; all else may take as long as it takes."""


def read(project, reading: Reading | None = None) -> History:
    return history.read(project.config, reading or Reading())


def between(project, text: str | bytes) -> Path:
    """Put a file of one's own between two revisions that are fine."""
    project.revision("before", 'op.execute("SELECT 1")')
    path = project.revision("bad")
    project.revision("after", 'op.execute("SELECT 2")')
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def the_bad(found: History) -> Revision:
    before, bad, after = found.revisions
    assert [source.sql for source in (*before.sources, *after.sources)] == ["SELECT 1", "SELECT 2"]
    assert (before.problem, after.problem) == (None, None)
    assert bad.down_revisions == ("before",)
    return bad


HEAD = "import sqlalchemy as sa\nfrom alembic import op\n"
FILES = {
    "exits": (HEAD + "import sys\nsys.exit(0)\n" + TAIL, "it exits when it is imported", 4),
    "raises": (HEAD + "1 / 0\n" + TAIL, "it cannot be imported (ZeroDivisionError: division by", 3),
    "wants a name that is not there": (
        HEAD + "from sqlalchemy import no_such\n" + TAIL,
        "it cannot be imported (ImportError: cannot import name 'no_such'",
        3,
    ),
    "ends the process": (
        HEAD + "import os\nos._exit(0)\n" + TAIL,
        "the import ended the process",
        1,
    ),
}


@pytest.mark.parametrize(("text", "reason", "line"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_imported_is_read(project, text: str, reason: str, line: int) -> None:
    between(project, text)
    bad = the_bad(read(project))
    assert bad.problem is not None
    assert bad.problem.reason.startswith(reason)
    assert bad.problem.line == line
    assert [source.sql for source in bad.sources] == ["CREATE INDEX ix ON t (a)"]
    assert bad.sources[0].line == text.splitlines().index(TAIL.splitlines()[-1]) + 1


NO_PYTHON = {
    "a syntax error": (b"def upgrade(:\n", "SyntaxError", 5),
    "another encoding": (b"'\xe9'\n", "SyntaxError", 5),
    "a NUL": (b"x = '\x00'\n", "SyntaxError", 1),
}


@pytest.mark.parametrize(("text", "reason", "line"), NO_PYTHON.values(), ids=NO_PYTHON)
def test_a_file_that_is_no_python_keeps_its_place(project, text, reason, line) -> None:
    between(project, b'revision: str = "bad"  # ours\ndown_revision = "before"\n\n\n' + text)
    bad = the_bad(read(project))
    assert bad.problem is not None
    assert reason in bad.problem.reason
    assert bad.problem.line == line
    assert bad.sources == ()


def test_an_import_that_never_ends_costs_its_revision_only(project, monkeypatch) -> None:
    monkeypatch.setattr(history, "IMPORT_LIMIT", LIMIT)
    between(project, HEAD + "while True: pass\n" + TAIL)
    bad = the_bad(read(project))
    assert bad.problem is not None
    assert bad.problem.reason == "the import was still running after 3 s"
    assert bad.problem.line == 3


MISSING = {
    "an import that nothing needs": (
        "import no_such\nfrom no_such.deeper import thing, Base\nfrom no_such import deeper\n"
        "@thing(1)\ndef f(): pass\nclass C(Base, metaclass=type): x = thing.y + 1\n".replace(
            " + 1", ""
        ),
        'op.execute("SELECT 3")',
        None,
    ),
    "an import that upgrade() needs": (
        "from no_such.deeper import thing",
        'thing(op, "t")',
        "upgrade() uses no_such.deeper.thing, which cannot be imported here",
    ),
    "a type": (
        "from no_such import Type",
        'op.add_column("t", sa.Column("a", Type(3)))',
        "upgrade() uses no_such.Type, which cannot be imported here",
    ),
    "a value": (
        "from no_such import NAMES",
        'for name in NAMES:\n    op.execute("SELECT 3")',
        "upgrade() uses no_such.NAMES, which cannot be imported here",
    ),
    "a choice": (
        "try:\n    import no_such\nexcept ImportError:\n    no_such = None",
        'op.execute("SELECT 3" if no_such is None else "SELECT 4")',
        None,
    ),
    "a module of the project's that misses one": (
        "from helper_of_history import thing",
        "op.execute(thing())",
        None,
    ),
    "a module of the project's that cannot be run": (
        "from broken_helper_of_history import thing",
        "op.execute(thing())",
        "upgrade() uses broken_helper_of_history.thing, which cannot be imported here",
    ),
}


@pytest.mark.parametrize(("top", "upgrade", "reason"), MISSING.values(), ids=MISSING)
def test_a_missing_import_counts_only_where_it_is_used(project, top, upgrade, reason) -> None:
    project.module("helper_of_history", "import no_such\ndef thing():\n    return 'SELECT 3'\n")
    project.module("broken_helper_of_history", "1 / 0\n")
    project.revision("r1", upgrade, top=top)
    project.revision("r2", 'op.execute("SELECT 5")')
    first, second = read(project).revisions
    assert (first.problem and first.problem.reason) == reason
    assert [source.sql for source in second.sources] == ["SELECT 5"]
    if reason is None:
        assert [source.sql for source in first.sources] == ["SELECT 3"]


def test_a_column_whose_type_is_missing_is_still_a_column(project) -> None:
    project.revision("r1", *MISSING["a type"][1::-1][:1], top="from no_such import Type")
    (one,) = read(project).revisions
    assert [source.sql for source in one.sources] == ["ALTER TABLE t ADD COLUMN a unread"]


def test_a_revision_that_forks_says_everything_once(project) -> None:
    project.revision("r1", 'import os\nos.fork()\nop.execute("SELECT 1")')
    project.revision("r2", 'op.execute("SELECT 2")')
    found = read(project)
    assert [[s.sql for s in r.sources] for r in found.revisions] == [["SELECT 1"], ["SELECT 2"]]


def test_what_a_revision_leaves_running_ends_with_it(project, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    project.revision(
        "r1",
        f"""
        import subprocess
        child = subprocess.Popen(["sleep", "1000"])
        open({str(pid)!r}, "w").write(str(child.pid))
        """,
    )
    read(project)
    stat = Path(f"/proc/{pid.read_text()}/stat")
    deadline = time.monotonic() + 60
    with suppress(OSError):  # it is gone
        while stat.read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() < deadline


def test_a_revision_that_waits_for_a_socket_is_given_up(project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        project.revision(
            "r1",
            f"""
            import socket
            op.execute("SELECT 1")
            socket.create_connection(("127.0.0.1", {port})).recv(1)
            """,
        )
        (one,) = read(project, Reading(limit=LIMIT)).revisions
    assert one.problem is not None
    assert one.problem.reason == "upgrade() was still running after 3 s"
    assert [source.sql for source in one.sources] == ["SELECT 1"]


def test_the_project_is_not_imported_into_the_linter_itself(project) -> None:
    project.module("models_of_history", "")
    project.env_py("import models_of_history\nfrom alembic import context\ncontext.configure()\n")
    project.revision("r1", 'op.execute("SELECT 1")', top="import models_of_history")
    read(project)
    assert "models_of_history" not in sys.modules


GRAPHS = {
    "a circle": ([("r1", "r3"), ("r2", "r1"), ("r3", "r2")], "ycle is detected", "r1.py"),
    "a parent that is not there": ([("r1", None), ("r2", "gone")], "gone", "r2.py"),
    "itself": ([("r1", "r1")], "Self-loop", "r1.py"),
}


@pytest.mark.parametrize(("revisions", "said", "file"), GRAPHS.values(), ids=GRAPHS)
def test_files_that_form_no_graph_are_named(project, revisions, said: str, file: str) -> None:
    for name, after in revisions:
        project.revision(name, after=after)
    with pytest.raises(RevisionsNotLoaded) as raised:
        read(project)
    assert raised.value.exit_status == 2
    assert said in str(raised.value)
    assert file in str(raised.value)


def test_two_files_of_one_id_are_both_named(project) -> None:
    path = project.revision("r1")
    path.with_name("twin.py").write_text(path.read_text())
    with pytest.raises(RevisionsNotLoaded) as raised:
        read(project)
    assert "r1.py" in str(raised.value)
    assert "twin.py" in str(raised.value)


ENV_PYS = {
    "misses an import": (
        "import no_such\nfrom alembic import context\ncontext.configure()\n",
        None,
        0,
    ),
    "takes its models from one": (
        "from no_such import Base\nfrom alembic import context\n"
        "context.configure(target_metadata=Base.metadata, transaction_per_migration=True)\n",
        "its target_metadata comes from no_such.Base.metadata, which cannot be imported here",
        1,
    ),
    "wants a variable": (
        "import os\nfrom alembic import context\nos.environ['NO_SUCH_VARIABLE']\n",
        "$NO_SUCH_VARIABLE is not set",
        3,
    ),
    "wants an application": (
        "from alembic import context\nraise RuntimeError('Working outside of application')\n",
        "RuntimeError",
        2,
    ),
    "exits": ("import sys\nsys.exit(0)\n", "SystemExit", 2),
    "ends the process": ("import os\nos._exit(0)\n", "it ended the process", 1),
    "never ends": ("while True: pass\n", "it was still running after 3 s", 1),
    "is no Python": ("def (\n", "SyntaxError: invalid syntax", 1),
    "connects": (
        "from sqlalchemy import create_engine\n"
        "create_engine('postgresql+psycopg://u:hunter2@127.0.0.1:1/shop').connect()\n",
        "it connects even when it is run offline: cannot connect to database shop at 127.0.0.1:1",
        1,
    ),
}


@pytest.mark.parametrize(("env_py", "reason", "line"), ENV_PYS.values(), ids=ENV_PYS)
def test_an_env_py_that_cannot_run_stops_no_revision(
    project, monkeypatch, env_py, reason, line
) -> None:
    if env_py == ENV_PYS["never ends"][0]:
        monkeypatch.setattr(history, "IMPORT_LIMIT", LIMIT)
    project.env_py(env_py)
    project.revision("r1", 'op.execute("SELECT 1")')
    found = read(project)
    assert [source.sql for source in found.revisions[0].sources] == ["SELECT 1"]
    problem = found.environment.problem
    assert found.environment.path.endswith("env.py")
    if reason is None:
        assert problem is None
        return
    assert problem is not None
    assert problem.reason.startswith(reason)
    assert problem.line == line
    assert "hunter2" not in problem.reason


def test_what_env_py_says_literally_holds_even_if_it_cannot_run(project) -> None:
    project.env_py(
        "from sqlalchemy import MetaData\nfrom alembic import context\n"
        "CONVENTION = {'uq': 'uq_%(table_name)s_%(column_0_name)s'}\n"
        "target_metadata = MetaData(naming_convention=CONVENTION)\n"
        "raise RuntimeError\n"
        "context.configure(target_metadata=target_metadata, transaction_per_migration=True)\n"
    )
    project.revision("r1", 'op.create_unique_constraint(None, "t", ["a"])')
    for executes in (True, False):
        found = read(project, Reading(executes=executes))
        sent = [source.sql for source in found.revisions[0].sources]
        assert sent == ["ALTER TABLE t ADD CONSTRAINT uq_t_a UNIQUE (a)"]
        assert found.environment.transaction_per_migration
        assert (found.environment.problem is None) is not executes


# --- nothing of the project runs

TRAP = "open({path!r}, 'w').close()\n"


def test_without_execution_nothing_of_the_project_runs(project, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    trap = TRAP.format(path=str(sprung))
    package = project.folder / "package"
    (package / "migrations/versions").mkdir(parents=True)
    (package / "__init__.py").write_text(trap)
    (package / "migrations/env.py").write_text(trap)
    (project.folder / "helper_of_strangers.py").write_text(
        trap
        + "from alembic import op\ndef index(table):\n    op.create_index('ix', table, ['a'])\n"
    )
    (project.folder / "sqlalchemy_utils.py").write_text(trap)
    (package / "migrations/versions/r1.py").write_text(
        trap + "from helper_of_strangers import index\nfrom sqlalchemy_utils import UUIDType\n"
        "from alembic import op\nimport sqlalchemy as sa\nrevision, down_revision = 'r1', None\n"
        "revision = 'r1'\ndown_revision = None\ndef upgrade():\n"
        "    index('t')\n"
        "    op.add_column('t', sa.Column('b', UUIDType()))\n"
    )
    (project.folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = package:migrations\nprepend_sys_path = %(here)s\n"
        "path_separator = os\n"
    )
    found = read(project, Reading(executes=False))
    assert not sprung.exists()
    (one,) = found.revisions
    assert [source.sql for source in one.sources] == [
        "CREATE INDEX ix ON t (a)",
        "ALTER TABLE t ADD COLUMN b unread",
    ]
    assert one.problem is not None
    assert one.problem.reason == "upgrade() was not run, and the type of b is not in the file"
    assert read(project).revisions
    assert sprung.exists()


@pytest.mark.parametrize(
    ("upgrade", "reason"),
    [
        ('op.execute("SELECT 1")', None),
        ("op.execute(open('x').read())", "op.execute(…) depends on open('x').read()"),
        ("theirs.add_column(op)", "theirs.add_column() is not in the file"),
        ("theirs.harmless()", "theirs.harmless() is not in the file"),
        ("logging.info('x')\nprint('x')", None),
        ("op.invoke(theirs.Operation())", "op.invoke(…) "),
    ],
)
def test_what_could_not_be_read_is_told(project, upgrade: str, reason: str | None) -> None:
    project.revision("r1", upgrade, top="import logging\nimport theirs")
    (one,) = read(project, Reading(executes=False)).revisions
    told = one.problem.reason if one.problem else None
    if reason is None:
        assert told is None
    else:
        assert told is not None
        assert told.startswith(f"upgrade() was not run, and {reason}")
