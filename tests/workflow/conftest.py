"""A repository of git with an Alembic project, one revision on main and a worse one on a branch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENV_PY = """
import os
from alembic import context
from sqlalchemy import create_engine, pool
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    context.run_migrations()
else:
    url = os.environ.get("DATABASE_URL", "postgresql://nowhere.invalid/app")
    url = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
DOCUMENTS = """
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.execute("CREATE TABLE documents (dump_id int PRIMARY KEY, path text NOT NULL)")
def downgrade():
    op.execute("DROP TABLE documents")
"""
SLOW = """
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.create_index("documents_path", "documents", ["path"])
def downgrade():
    op.drop_index("documents_path")
"""
OUT_OF_BAND = SLOW.replace("_index(", "_index_out_of_band(").replace(
    '_band("documents_path")', '_band("documents_path", "documents")'
)


@dataclass(frozen=True)
class Repository:
    folder: Path
    environ: Mapping[str, str]

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(
            ["git", *identity, *words], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def revise(self, revision: str, text: str) -> None:
        path = self.folder / "backend" / "migrations" / "versions" / f"{revision}.py"
        path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-qm", revision)

    def shell(
        self, script: str, shell: str = "bash", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the text of a step as a runner does."""
        return subprocess.run(
            [shell, "-c", script], cwd=self.folder, env={**self.environ, **environ},
            capture_output=True, text=True,
        )  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    if "OUTOFBAND_RELEASE" not in os.environ:
        pytest.skip("what other people's CI runs takes half a minute: make test-release")
    folder = tmp_path / "repository"
    (folder / "backend" / "migrations" / "versions").mkdir(parents=True)
    (folder / "backend" / "migrations" / "env.py").write_text(ENV_PY)
    ini = "[alembic]\nscript_location = %(here)s/migrations\n"
    (folder / "backend" / "alembic.ini").write_text(ini)
    (folder / "backend" / "pyproject.toml").write_text('[tool.outofband]\ndeploy = "job"\n')
    ours = str(Path(sys.executable).parent)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI_", "PRE_"))}
    environ = {
        **kept,
        "PATH": os.pathsep.join([str(tmp_path / "bin"), ours, os.environ["PATH"]]),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "RUNNER_TEMP": str(tmp_path),
    }
    (tmp_path / "bin").mkdir()
    made = Repository(folder, environ)
    made.git("init", "-q", "-b", "main")
    made.revise("0001", DOCUMENTS)
    made.git("update-ref", "refs/remotes/origin/main", "main")
    made.git("checkout", "-qb", "branch")
    return made


@pytest.fixture
def slow() -> str:
    return SLOW


@pytest.fixture
def cured() -> str:
    return OUT_OF_BAND
