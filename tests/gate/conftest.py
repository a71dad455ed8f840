"""A small project, its cache in a folder of its own, and `outofband lint` as it is typed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from commands import OUTOFBAND, Command

ENV_PY = """
import os
from alembic import context
from sqlalchemy import MetaData
metadata = MetaData()
os.environ.get("TENANT")
context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
context.execute("SET lock_timeout = '2s'")
"""
REVISION = """
from pathlib import Path
from alembic import op
import sqlalchemy as sa
revision, down_revision = "{revision}", {before!r}
def upgrade():
    with open(r"{log}", "a") as log:
        log.write("{revision} ")
    {upgrade}
"""
TABLE = 'op.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")'
NOTHING = "pass"


@dataclass
class Project:
    """``log`` is where each revision notes that its upgrade() ran."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.write(
            "alembic.ini",
            "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s\n",
        )
        self.write("migrations/env.py", ENV_PY)
        self.revise("1", None, TABLE)
        self.revise("2", "1", "import helper; helper.change(op)")
        self.revise("3", "2", NOTHING)
        self.write("helper.py", "def change(op): pass\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def revise(self, revision: str, before: str | None, upgrade: str) -> None:
        text = REVISION.format(revision=revision, before=before, upgrade=upgrade, log=self.log)
        self.write(f"migrations/versions/r{revision}.py", text)

    @property
    def log(self) -> Path:
        return self.folder.parent / "ran.log"

    def ran(self) -> str:
        """Which revisions have run since this was asked last."""
        told = self.log.read_text().strip() if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        return told

    @property
    def cache(self) -> Path:
        return self.folder.parent / "cache" / "outofband" / "lint"

    def start(self, *words: str) -> Command:
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder.parent / "cache")}
        environment.update(self.variables)
        return Command([OUTOFBAND, "lint", *words], self.folder, environment)

    def lint(self, *words: str) -> tuple[int, str, str]:
        running = self.start(*words)
        out, err = running.communicate(timeout=240)
        return running.returncode, out, err

    def rules(self, *words: str) -> list[str]:
        status, out, err = self.lint("--format", "json", *words)
        assert status in (0, 1), err
        return [finding["rule"] for finding in json.loads(out)["findings"]]

    def kept(self, kind: str) -> list[Path]:
        return sorted(self.cache.glob(f"{kind}-*.json"))

    def made(self) -> dict[str, Any]:
        """When each answer that is kept was made."""
        return {path.name: path.stat().st_mtime_ns for path in self.kept("answer")}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")
