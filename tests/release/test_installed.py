"""The wheel on each supported Python, on the oldest and the newest of what it depends on."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from installations import EXTRAS, LOCK, ROOT, Installation, python

pytestmark = pytest.mark.timeout(1800)  # one test fills an environment, and runs a thousand others
MINORS = (11, 12, 13)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LEFT_OUT = (
    "barrier", "build_afterwards", "fixes", "generated_chains", "guarded_env_py", "literal",
    "own_chain", "schema_oracle",
)  # fmt: skip
"""Tests of revisions that meet no more of Alembic and SQLAlchemy than the others."""
WHOLE = (
    "tests/revisions",
    "tests/deploy",
    *(f"--ignore=tests/revisions/test_{n}.py" for n in LEFT_OUT),
)
PART = tuple(
    f"tests/revisions/test_{name}.py"
    for name in ("connector", "definition", "graph", "reflected_type", "through_alembic")
)
REVISION = """
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.execute("CREATE TABLE documents (dump_id int NOT NULL, path text NOT NULL)")
def downgrade():
    op.execute("DROP TABLE documents")
"""
INDEX = """
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.create_index_out_of_band("documents_path", "documents", ["path"])
def downgrade():
    op.drop_index_out_of_band("documents_path", "documents")
"""


@pytest.fixture(scope="module")
def install(
    distributions: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int, str], Installation]:
    """Return an environment of a Python with the wheel on the oldest, or newest, of the rest."""
    made: dict[tuple[int, str], Installation] = {}

    def install(minor: int, age: str) -> Installation:
        interpreter = python(minor)
        if interpreter is None:
            pytest.skip(f"no Python 3.{minor} on this machine")
        if (minor, age) not in made:
            folder = tmp_path_factory.mktemp(f"python3.{minor}-{age}")
            environment = Installation.empty(folder / "venv", interpreter)
            fill = environment.install_oldest if age == "oldest" else environment.install_newest
            fill(distributions.wheel)
            made[minor, age] = environment
        return made[minor, age]

    return install


def fresh_project(environment: Installation, folder: Path, url: str) -> None:
    """Make what `alembic init` makes, with a revision, on a database."""
    done = environment.run("alembic", "init", "alembic", folder=folder)
    assert done.returncode == 0, done.stderr
    ini = folder / "alembic.ini"
    text = ini.read_text(encoding="utf-8")
    url = url.replace("postgresql://", "postgresql+psycopg://").replace("%", "%%")
    ini.write_text(re.sub(r"(?m)^sqlalchemy\.url = .*$", lambda _: f"sqlalchemy.url = {url}", text))
    (folder / "alembic" / "versions" / "0001_documents.py").write_text(REVISION)


def lints_upgrades_and_checks(environment: Installation, folder: Path) -> None:
    """Do with a fresh project what its author, its deploy and its operator do."""
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}

    def run(program: str, *words: str) -> tuple[int, str, str]:
        done = environment.run(program, *words, folder=folder, environ=cache)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    status, out, err = run("outofband", "lint")
    assert status == 1, err
    assert "alembic/versions/0001_documents.py:5: error[table-without-index]" in out
    (folder / "alembic" / "versions" / "0002_index.py").write_text(INDEX)
    status, out, err = run("outofband", "lint")
    assert (status, out.splitlines()[-1][:8]) == (0, "0 errors"), err
    status, out, err = run("alembic", "upgrade", "head")
    assert status == 0, err
    status, out, err = run("outofband", "check")
    assert (status, err) == (0, "1 wanted, 0 pending\n"), out
    assert run("outofband", "--version")[1] == f"outofband, version {PROJECT['version']}\n"


@pytest.mark.parametrize("age", ["oldest", "newest"])
@pytest.mark.parametrize("minor", MINORS)
def test_a_fresh_project_is_linted_upgraded_and_checked(
    install: Any, minor: int, age: str, tmp_path: Path, database: str
) -> None:
    environment = install(minor, age)
    fresh_project(environment, tmp_path, database)
    lints_upgrades_and_checks(environment, tmp_path)


@pytest.mark.parametrize("name", ["alembic", "sqlalchemy", "psycopg", "click", "rich"])
def test_the_oldest_that_is_tried_is_the_oldest_that_is_allowed(install: Any, name: str) -> None:
    (allowed,) = [d for d in PROJECT["dependencies"] if re.match(rf"{name}\W", d)]
    floor = allowed.partition(">=")[2]
    tried = install(11, "oldest").version(name)
    assert (tried + ".0").startswith(floor + "."), f"{allowed} is tried with {tried}"


@pytest.mark.parametrize(
    ("minor", "age", "tests"),
    [(11, "oldest", WHOLE), (12, "oldest", PART), (12, "newest", PART), (13, "oldest", PART),
     (13, "newest", WHOLE)],
    ids=lambda value: str(len(value)) if isinstance(value, tuple) else str(value),
)  # fmt: skip
def test_revisions_and_deploys_pass_their_own_tests(
    install: Any, minor: int, age: str, tests: Sequence[str], tree: Path, tmp_path: Path
) -> None:
    """The newest on 3.11 is what `make test` runs on."""
    environment = install(minor, age)
    words = [
        "-m", "pytest", *tests, "-q", "-n", "3", "--dist", "worksteal",
        "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "temp"),
    ]  # fmt: skip
    path = {"PYTHONPATH": str(tree / "src")}
    done = environment.run("python", *words, folder=tree, environ=path)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_pip_installs_the_wheel_in_an_empty_environment(
    distributions: Any, tmp_path: Path, database: str
) -> None:
    interpreter = next(found for minor in reversed(MINORS) if (found := python(minor)))
    environment = Installation(tmp_path / "venv")
    made = os.spawnv(
        os.P_WAIT, interpreter, [str(interpreter), "-m", "venv", str(environment.folder)]
    )
    assert made == 0
    pins = tmp_path / "constraints.txt"
    pins.write_text("\n".join(re.findall(r"(?m)^[\w.-]+==[^\\\n]+", _pinned())))
    found = ["--find-links", str(distributions.wheel.parent), f"alembic-outofband[{EXTRAS}]"]
    done = environment.run(
        "pip", "install", "--quiet", "--constraint", pins, *found, folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert environment.version("alembic-outofband") == PROJECT["version"]
    (tmp_path / "project").mkdir()
    fresh_project(environment, tmp_path / "project", database)
    lints_upgrades_and_checks(environment, tmp_path / "project")


def _pinned() -> str:
    """Return the lock without hashes, as pip wants constraints."""
    return LOCK.read_text(encoding="utf-8").replace(" \\\n", "\n")
