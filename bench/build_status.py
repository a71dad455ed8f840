"""`outofband status` on a database with many indexes, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from build_builds import Database

TABLES_PER_REVISION, INDEXES_PER_TABLE = 10, 10
_INI = "[alembic]\nscript_location = %(here)s/migrations\n"
_ENV_PY = """
import os
from alembic import context
context.configure(url=os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:"))
if not context.is_offline_mode():
    raise SystemExit("only offline")
with context.begin_transaction():
    context.run_migrations()
"""
_REVISION = """
from alembic import op
revision, down_revision = "{revision}", {before}
def upgrade():
    for table in range({first}, {end}):
        op.execute(f"CREATE TABLE t{{table}} (a int, b int, c int)")
        for n in range({indexes}):
            op.create_index_out_of_band(f"t{{table}}_{{n}}", f"t{{table}}", ["a", "b", "c"][n % 3:])
"""
_SCRIPT = """
import sys, time
from outofband.cli.options import Where
from outofband.cli.project import look_at, open_project
from outofband.cli.output import print_json
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.show import document
url = sys.argv[1]
begun = time.perf_counter()
Session(Url(url)).close()
connecting = time.perf_counter() - begun
begun = time.perf_counter()
seen = look_at(Where((), "alembic", (), url, None))
print_json(document(seen.view.standings))
print(time.perf_counter() - begun - connecting, file=sys.stderr)
"""


def project(folder: Path, declared: int) -> None:
    """Write a project whose revisions declare so many indexes out of band."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(_INI)
    (folder / "migrations" / "env.py").write_text(_ENV_PY)
    before = None
    for number, first in enumerate(range(0, declared // INDEXES_PER_TABLE, TABLES_PER_REVISION)):
        text = _REVISION.format(
            revision=f"r{number}",
            before=repr(before),
            first=first,
            end=first + TABLES_PER_REVISION,
            indexes=INDEXES_PER_TABLE,
        )
        before = f"r{number}"
        (versions / f"{before}.py").write_text(text)


def fill(database: Database, indexes: int, declared: int) -> None:
    """Make so many indexes by hand, ten a table, as if all revisions had run."""
    tables = indexes // INDEXES_PER_TABLE
    for table in range(tables):
        database.run(f"CREATE TABLE t{table} (a int, b int, c int)")
        for n in range(INDEXES_PER_TABLE):
            columns = ", ".join(["a", "b", "c"][n % 3 :])
            database.run(f"CREATE INDEX t{table}_{n} ON t{table} ({columns})")
    last = (declared // INDEXES_PER_TABLE - 1) // TABLES_PER_REVISION
    database.run(
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        f"INSERT INTO alembic_version VALUES ('r{last}')",
    )


def seconds(database: Database, folder: Path) -> float:
    """Return the seconds that status took, beyond imports and connecting."""
    url = database.server.url()
    environment = {**os.environ, "DATABASE_URL": url, "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, url],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"status failed: {done.stderr}")
    return float(done.stderr.strip().splitlines()[-1])
