"""env.py with the guard, and without it again byte for byte; settings likewise."""

from __future__ import annotations

import tomllib
from pathlib import Path

import alembic
import flask_migrate
import pytest

from outofband.revisions import env_py, project_file
from outofband.revisions.project_file import ProjectFileOdd
from outofband.revisions.rewrite.guarded import with_guard, without_guard

TEMPLATES = [
    *Path(alembic.__file__).parent.glob("templates/*/env.py"),
    *Path(flask_migrate.__file__).parent.glob("templates/*/env.py"),
]
PATH = Path("env.py")
TOP = "from alembic import context\n"
IMPORT = "from outofband.deploy import guard\n"


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES), ids=lambda path: "-".join(path.parts[-4:-1])
)
def test_each_template_gets_the_guard_and_loses_it(template: Path, tmp_path: Path) -> None:
    text = template.read_bytes()
    made = with_guard(PATH, text)
    (tmp_path / "env.py").write_bytes(made.text)
    assert env_py.read(str(tmp_path / "env.py")).guard is not None
    assert made.changed == 1
    assert without_guard(PATH, made.text).text == text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "with engine.connect() as c:\n    context.configure(connection=c)\n"
            "    # one by one\n    context.run_migrations()\n",
            "with engine.connect() as c:\n    context.configure(connection=c)\n"
            "    # one by one\n    with guard(c):\n        context.run_migrations()\n",
            id="the migrations alone",
        ),
        pytest.param(
            "def go(self):\n\tcontext.configure(url, connection=self.c)\n"
            "\twith context.begin_transaction():  # all\n\t\tcontext.run_migrations()\n",
            "def go(self):\n\tcontext.configure(url, connection=self.c)\n"
            "\twith guard(self.c), context.begin_transaction():  # all\n"
            "\t\tcontext.run_migrations()\n",
            id="the transaction that they run in",
        ),
        pytest.param(
            "if offline:\n    context.configure(url=url)\n    context.run_migrations()\n"
            "else:\n    context.configure(connection=c)\n    context.run_migrations()\n",
            "if offline:\n    context.configure(url=url)\n    context.run_migrations()\n"
            "else:\n    context.configure(connection=c)\n    with guard(c):\n"
            "        context.run_migrations()\n",
            id="no script, which has no connection",
        ),
        pytest.param(
            "for c in all:\n    with c.begin():\n        context.configure(connection=c)\n"
            "        context.run_migrations(engine_name=c.name)\n",
            "for c in all:\n    with c.begin():\n        context.configure(connection=c)\n"
            "        with guard(c):\n            context.run_migrations(engine_name=c.name)\n",
            id="a transaction of env.py's own stays outside",
        ),
    ],
)
def test_the_guard_comes_around_what_runs_on_a_connection(body: str, expected: str) -> None:
    made = with_guard(PATH, (TOP + body).encode())
    assert made.text.decode() == TOP + IMPORT + expected
    assert without_guard(PATH, made.text).text.decode() == TOP + body
    assert with_guard(PATH, made.text).text == made.text


@pytest.mark.parametrize(
    "body",
    [
        "context.configure(**options)\ncontext.run_migrations()\n",
        "context.configure(connection=engine.connect())\ncontext.run_migrations()\n",
        "def a():\n    context.configure(connection=c)\n\ndef b():\n    context.run_migrations()\n",
    ],
)
def test_a_connection_without_a_name_there_is_left_to_a_person(body: str) -> None:
    made = with_guard(PATH, (TOP + body).encode())
    assert (made.text.decode(), made.changed) == (TOP + body, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            TOP + "from outofband.deploy import guard as alone\n"
            "with alone(c):\n    # why\n    context.run_migrations()\n    # end\nx = 1\n",
            TOP + "# why\n# end\ncontext.run_migrations()\nx = 1\n",
        ),
        (
            "from outofband import deploy\nwith a, deploy.guard(c), b:\n    run()\n",
            "from outofband import deploy\nwith a, b:\n    run()\n",
        ),
        (TOP + IMPORT + "with guard(c): run()\n", TOP + "run()\n"),
    ],
)
def test_a_guard_that_somebody_wrote_goes_too(text: str, expected: str) -> None:
    assert without_guard(PATH, text.encode()).text.decode() == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[tool.outofband]\ndeploy = "job"\n'),
        ("[a]\nb = 1\n", '[a]\nb = 1\n\n[tool.outofband]\ndeploy = "job"\n'),
        ("[a]\nb = 1\n\n\n", '[a]\nb = 1\n\n\n\n[tool.outofband]\ndeploy = "job"\n'),
    ],
)
def test_settings_come_and_go(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    if before:
        path.write_text(before)
    path.write_bytes(project_file.with_deploy(path, "job"))
    assert path.read_text() == after
    assert project_file.with_deploy(path, "job").decode() == after
    assert (project_file.without_settings(path) or b"").decode() == before


def test_settings_that_are_there_keep_their_place_and_go_with_all_their_tables(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[tool.outofband]\nlarge = [\n  "a",\n]\ndeploy = "startup"\n\n'
        '[tool.outofband.severity]\nx = "off"\n\n[tool.ruff]\nline-length = 9\n'
    )
    changed = project_file.with_deploy(path, "job").decode()
    assert tomllib.loads(changed)["tool"]["outofband"] == {
        "large": ["a"],
        "deploy": "job",
        "severity": {"x": "off"},
    }
    assert project_file.without_settings(path) == b"[tool.ruff]\nline-length = 9\n"


@pytest.mark.parametrize("text", ['tool.outofband.large = ["a"]\n', "[tool]\noutofband = {}\n"])
def test_settings_that_are_written_oddly_are_left_to_a_person(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(ProjectFileOdd, match=r"Edit it by hand: \[tool.outofband\]: deploy"):
        project_file.with_deploy(path, "job")
    with pytest.raises(ProjectFileOdd):
        project_file.without_settings(path)


def test_settings_stand_beside_the_project_or_at_the_root_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "root/service/db"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "root/.git").mkdir()
    assert project_file.place(inner) == inner / "pyproject.toml"
    (tmp_path / "root/pyproject.toml").write_text("[project]\n")
    assert project_file.place(inner) == tmp_path / "root/pyproject.toml"
    (tmp_path / "pyproject.toml").write_text("[tool.outofband]\n")
    assert project_file.place(inner) == tmp_path / "pyproject.toml"
