"""The README's files are written, its commands run, and what they print is what it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"

_BLOCK = re.compile(
    r"^```(?P<language>\w+)\n(?P<body>.*?)^```$|^<!-- sql: (?P<sql>.*?) -->$",
    re.MULTILINE | re.DOTALL,
)
_NORMAL = (
    (re.compile(r"\b\d+\.\d s\b"), "0.0 s"),
    (re.compile(r"\bby \d looks? at [\d,]+ pages of the table, \d+%"), "by looks"),
    (
        re.compile(r"database \w+ at \S+?(?=[:\s]*$|:\n|: )", re.MULTILINE),
        "database app at db:5432",
    ),
)


@dataclass(frozen=True)
class Block:
    """A file to write, commands to run with what they print, or SQL that stands in a comment."""

    language: str
    body: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Each command with what is shown to come of it."""
        parts = re.split(r"^\$ (.*)$", self.body, flags=re.MULTILINE)[1:]
        return list(zip(parts[::2], parts[1::2], strict=True))


def blocks() -> list[Block]:
    found = _BLOCK.finditer(README.read_text(encoding="utf-8"))
    return [Block("sql", m["sql"]) if m["sql"] else Block(m["language"], m["body"]) for m in found]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project with this repository's env.py."""
    (tmp_path / "alembic" / "versions").mkdir(parents=True)
    for name in ("alembic.ini", "alembic/env.py", "alembic/script.py.mako"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def normal(text: str) -> str:
    for pattern, replacement in _NORMAL:
        text = pattern.sub(replacement, text)
    return text.strip("\n")


def write(block: Block, project: Path) -> None:
    """Write a block whose first line names its file."""
    name = re.match(r"# (\S+)\n", block.body)
    if name:
        (project / name[1]).write_text(block.body, encoding="utf-8")


def run(command: str, project: Path, url: str) -> str:
    folder = str(Path(sys.executable).parent)
    path = os.pathsep.join([folder, os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env={**os.environ, "PATH": path, "DATABASE_URL": url, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def test_the_readme_prints_what_it_shows(project: Path, database: str) -> None:
    for block in blocks():
        match block.language:
            case "sql":
                with psycopg.connect(database, autocommit=True) as session:
                    session.execute(block.body)
            case "python":
                write(block, project)
            case "console":
                for command, shown in block.commands:
                    assert normal(run(command, project, database)) == normal(shown), command


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"`?make ([a-z-]+)`?", README.read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_a_bad_revision_and_its_finding_stand_at_the_top() -> None:
    top = README.read_text(encoding="utf-8").splitlines()[:20]
    assert any("error[" in line for line in top)
