"""A project as its framework makes one, and the command lines that its people type."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands import ALEMBIC, OUTOFBAND, run

FLASK = str(Path(sys.executable).with_name("flask"))
PROGRAMS = {"alembic": ALEMBIC, "outofband": OUTOFBAND, "flask": FLASK}


@dataclass
class Project:
    """A folder, a database, and what the last command said on stderr."""

    folder: Path
    url: str
    environ: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def run(self, line: str) -> str:
        """Run a command that succeeds; return what it printed."""
        program, *words = line.split()
        environ = {**os.environ, "PYTHONPATH": str(self.folder), **self.environ}
        done = run([PROGRAMS[program], *words], self.folder, environ)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.said = done.stderr
        return done.stdout

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def newest(self, versions: str) -> str:
        """Return the operations of the newest revision's two functions, without comments."""
        files = sorted((self.folder / versions).glob("*.py"), key=lambda f: f.stat().st_mtime_ns)
        return "\n".join(re.findall(r"^ +(op\..*)$", files[-1].read_text(), re.M))

    def sql(self, text: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as session:
            cursor = session.execute(text)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description is not None else []


@pytest.fixture
def project(tmp_path: Path, database: str) -> Project:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.outofband]\ninline_max_bytes = 0\ncache_dir = ".cache"\n'
    )
    return Project(tmp_path, database)
