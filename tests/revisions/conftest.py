"""A project of one's own: an alembic.ini, an env.py and the revisions that a test writes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from commands import ALEMBIC, run
from outofband.revisions import environment
from outofband.revisions.environment import Environment

ENV_PY = """
import os
from contextlib import nullcontext as around
from alembic import context
from sqlalchemy import MetaData, create_engine, pool

options = {options}
url = os.environ.get("PROJECT_URL", "postgresql+psycopg://nobody@nowhere/nothing")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, **options)
        with around(connection), context.begin_transaction():
            context.run_migrations()
"""
GUARDED_ENV_PY = ENV_PY.replace(
    "from contextlib import nullcontext as around", "from outofband.deploy import guard as around"
)


@dataclass
class Project:
    """A folder with migrations; revisions follow each other unless told otherwise."""

    folder: Path
    url: str = ""
    last: str | None = None

    @property
    def config(self) -> Config:
        return Config(str(self.folder / "alembic.ini"))

    @property
    def environment(self) -> Environment:
        return environment.of_config(self.config)

    def env_py(self, text: str = ENV_PY, options: str = "{}", *, guarded: bool = False) -> None:
        text = GUARDED_ENV_PY if guarded else text
        (self.folder / "migrations/env.py").write_text(text.replace("{options}", options))

    def settings(self, text: str) -> None:
        (self.folder / "pyproject.toml").write_text("[tool.outofband]\n" + text)

    def module(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(dedent(text))

    def revision(
        self,
        name: str,
        upgrade: str = "pass",
        downgrade: str = "pass",
        *,
        top: str = "",
        after: str | tuple[str, ...] | None = "the last one",
        depends_on: str | None = None,
        labels: str | None = None,
    ) -> Path:
        down = self.last if after == "the last one" else after
        path = self.folder / f"migrations/versions/{name}.py"
        path.write_text(
            f"import sqlalchemy as sa\nfrom alembic import op\n{dedent(top)}\n"
            f"revision = {name!r}\ndown_revision = {down!r}\n"
            f"branch_labels = {labels!r}\ndepends_on = {depends_on!r}\n\n"
            f"def upgrade():\n{indent(dedent(upgrade).strip(), '    ')}\n\n"
            f"def downgrade():\n{indent(dedent(downgrade).strip(), '    ')}\n"
        )
        self.last = name
        return path

    def sql(self, *statements: str) -> None:
        """Send statements to the project's database, each by itself."""
        with psycopg.connect(self.libpq_url, autocommit=True) as session:
            for statement in statements:
                session.execute(statement)  # type: ignore[call-overload]

    def indexes(self, table: str = "t") -> dict[str, bool]:
        """Return the valid indexes of a table, and whether a constraint owns each."""
        with psycopg.connect(self.libpq_url) as session:
            rows = session.execute(
                "SELECT indexrelid::regclass::text, EXISTS ("
                "  SELECT FROM pg_constraint WHERE conindid = indexrelid)"
                " FROM pg_index WHERE indrelid = to_regclass(%s) AND indisvalid",
                [table],
            )
            return dict(rows)  # type: ignore[arg-type]

    @property
    def libpq_url(self) -> str:
        return re.sub(r"^postgresql\+\w+:", "postgresql:", self.url)

    def upgrade(self, to: str = "head") -> None:
        command.upgrade(self.config, to)

    def downgrade(self, to: str) -> None:
        command.downgrade(self.config, to)

    def alembic(
        self, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        given = {**os.environ, "PROJECT_URL": self.url, **(environ or {})}
        return run([ALEMBIC, *arguments], self.folder, given)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without a database."""
    (tmp_path / "migrations/versions").mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
    )
    (tmp_path / "pyproject.toml").write_text("[tool.outofband]\n")
    monkeypatch.syspath_prepend(tmp_path)
    made = Project(tmp_path)
    made.env_py()
    return made


@pytest.fixture
def on_server(project: Project, database: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project on an empty database of the real server, through psycopg."""
    return connected(project, database, monkeypatch, "psycopg")


@pytest.fixture
def connect(
    project: Project, database: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Project]:
    """The project on the real server, through the driver that the test names."""
    return lambda driver: connected(project, database, monkeypatch, driver)


def connected(
    project: Project, database: str, monkeypatch: pytest.MonkeyPatch, driver: str
) -> Project:
    project.url = database.replace("postgresql://", f"postgresql+{driver}://", 1)
    monkeypatch.setenv("PROJECT_URL", project.url)
    return project
