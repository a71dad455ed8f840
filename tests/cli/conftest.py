"""A small project on a database of its own, and the command line as its operator types it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from outofband.cli.main import main
from outofband.runbook.sizing import speed

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool
url = context.get_x_argument(as_dictionary=True).get("url")
url = url or context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = """
from alembic import op
revision, down_revision = "{revision}", {before!r}
def upgrade():
    {upgrade}
def downgrade():
    {downgrade}
"""
TABLES = """op.execute("CREATE TABLE docs (id int NOT NULL, path text, kind text)")
    op.execute("CREATE TABLE pages (id int NOT NULL)")"""
CURE = """op.create_index_out_of_band("docs_temp", "docs", ["id"])
    op.create_index_out_of_band("docs_unique", "docs", ["id"], unique=True)
    op.create_primary_key_out_of_band("docs_pkey", "docs", ["id"], using_index="docs_unique")
    op.drop_index_out_of_band("docs_temp", "docs")"""
PAGES = 'op.create_index_out_of_band("pages_id", "pages", ["id"])'
CHAIN = (("1", None, TABLES), ("2", "1", CURE), ("3", "2", PAGES))


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


class Project:
    """Three revisions: tables, the incident's cure on docs, an index on pages."""

    env = ENV

    def __init__(self, folder: Path, url: str, run: Callable[..., Ran]) -> None:
        self.folder, self.url, self.run = folder, url, run
        (folder / "pyproject.toml").write_text("[tool.outofband]\ninline_max_bytes = 0\n")
        self.configure(url)
        versions = folder / "migrations" / "versions"
        versions.mkdir(parents=True)
        (folder / "migrations" / "env.py").write_text(ENV)
        for revision, before, upgrade in CHAIN:
            self.revise(revision, before, upgrade)

    def revise(self, revision: str, before: str | None, upgrade: str) -> None:
        text = REVISION.format(revision=revision, before=before, upgrade=upgrade, downgrade="pass")
        (self.folder / "migrations" / "versions" / f"r{revision}.py").write_text(text)

    def configure(self, url: str) -> None:
        text = f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {_ini(url)}\n"
        (self.folder / "alembic.ini").write_text(text)

    def upgrade(self, to: str) -> None:
        command.upgrade(Config(self.folder / "alembic.ini"), to)

    def sql(self, text: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as session:
            cursor = session.execute(text)
            return cursor.fetchall() if cursor.description is not None else []

    def indexes(self) -> list[str]:
        query = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        return [name for (name,) in self.sql(query) if name != "alembic_version_pkc"]

    def filled(self, to: str = "2") -> Project:
        """Upgrade with rows in the tables, so that nothing is built inline."""
        self.upgrade("1")
        self.sql("INSERT INTO docs SELECT n, 'p' || n, 'k' FROM generate_series(1, 100) AS n")
        self.sql("INSERT INTO pages SELECT n FROM generate_series(1, 100) AS n")
        self.upgrade(to)
        return self


def _ini(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://").replace("%", "%%")


@pytest.fixture(autouse=True)
def measured_in_small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each plan measure its server by fewer rows, where the test is not about its estimates:
    else a fifth of a second and more of the server's time goes into every ``plan`` and ``apply``.
    """
    if request.module.__name__.rpartition(".")[2] != "test_forecast":
        monkeypatch.setattr(speed, "_NUMBERS", 1_000)
        monkeypatch.setattr(speed, "_LONG", speed._LONG.replace(str(speed._LONG_ROWS), "1000"))
        monkeypatch.setattr(speed, "_LONG_ROWS", 1_000)


@pytest.fixture
def outofband(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Run a command line and return its exit status, what it printed, and what it said."""
    monkeypatch.delenv("OUTOFBAND_DATABASE_URL", raising=False)

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["outofband", *words])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, out, err)

    return run


@pytest.fixture
def project(
    tmp_path: Path,
    database: str,
    outofband: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    return Project(tmp_path, database, outofband)


@pytest.fixture(scope="session")
def make_project() -> type[Project]:
    """What makes a project in a folder, on a database, for those that share one among tests."""
    return Project
