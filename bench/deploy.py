"""`alembic upgrade head` over tables of 0, 1 million and 10 million rows: how long it takes.

::

    python bench/deploy.py [--quick] [--rounds N]

One chain of revisions on each database: a column, two indexes, a primary key, a foreign key, a
check and a NOT NULL, all on the same table, guarded. The upgrades are interleaved, so that a busy
machine slows all of them, and medians are compared with that of the empty table.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import tempfile
import time
from contextlib import redirect_stderr
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from verdict import spread, verdict

from outofband import ephemeral

SIZES = {"no rows": 0, "1 million rows": 1_000_000, "10 million rows": 10_000_000}
MOST_TIMES, MOST_SECONDS = 2.0, 1.0
TEMPLATE = Path(ephemeral.__file__).parents[1] / "revisions/templates/generic/env.py"
TABLES = (
    "CREATE TABLE owners (id int PRIMARY KEY)",
    "CREATE TABLE docs (id int NOT NULL, owner int, path text)",
)
REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = {revision!r}, {before!r}


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
"""
CHAIN = (
    ('op.add_column("docs", sa.Column("kind", sa.Text()))', 'op.drop_column("docs", "kind")'),
    (
        'op.create_index_out_of_band("docs_owner", "docs", ["owner"])',
        'op.drop_index_out_of_band("docs_owner", "docs")',
    ),
    (
        'op.create_index_out_of_band("docs_unique", "docs", ["id"], unique=True)\n    '
        'op.create_primary_key_out_of_band("docs_pkey", "docs", ["id"], using_index="docs_unique")',
        'op.drop_index_out_of_band("docs_pkey", "docs")',
    ),
    (
        'op.create_foreign_key_out_of_band("docs_owner_fkey", "docs", "owners", ["owner"], ["id"])',
        'op.execute("ALTER TABLE docs DROP CONSTRAINT IF EXISTS docs_owner_fkey")',
    ),
    (
        'op.create_check_constraint_out_of_band("docs_path", "docs", "path <> \'\'")',
        'op.execute("ALTER TABLE docs DROP CONSTRAINT IF EXISTS docs_path")',
    ),
    (
        'op.set_not_null_out_of_band("docs_path_there", "docs", "path")',
        'op.execute("ALTER TABLE docs DROP CONSTRAINT IF EXISTS docs_path_there")\n    '
        'op.execute("ALTER TABLE docs ALTER COLUMN path DROP NOT NULL")',
    ),
)


def write_project(folder: Path) -> Config:
    """Write the chain, with the env.py that `outofband init` writes."""
    versions = folder / "migrations/versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (folder / "pyproject.toml").write_text("[tool.outofband]\n")
    env_py = TEMPLATE.read_text().replace("config.config_file_name is not None", "False")
    (folder / "migrations/env.py").write_text(env_py)
    before = None
    for number, (upgrade, downgrade) in enumerate(CHAIN, 1):
        revision = f"{number:04}"
        text = REVISION.format(
            revision=revision, before=before, upgrade=upgrade, downgrade=downgrade
        )
        (versions / f"{revision}.py").write_text(text)
        before = revision
    return Config(str(folder / "alembic.ini"))


def fill(url: str, rows: int) -> float:
    """Make the tables with so many rows; return the size of docs in MB."""
    with psycopg.connect(url, autocommit=True) as session:
        for statement in TABLES:
            session.execute(statement)
        session.execute("INSERT INTO owners SELECT generate_series(0, 999)")
        session.execute(
            "INSERT INTO docs SELECT n, n %% 1000, 'src/' || n || '.py'"
            " FROM generate_series(1, %s) AS n",
            [rows],
        )
        session.execute("VACUUM (ANALYZE) docs")
        size = session.execute("SELECT pg_table_size('docs') / 1024.0 / 1024").fetchone()
    assert size is not None
    return float(size[0])


def upgraded(config: Config, url: str) -> float:
    """Upgrade from base to head and return the seconds; what it says is checked, then undone."""
    os.environ["DATABASE_URL"] = url
    said = io.StringIO()
    with redirect_stderr(said):
        began = time.perf_counter()
        command.upgrade(config, "head")
        seconds = time.perf_counter() - began
        command.downgrade(config, "base")
    if "Traceback" in said.getvalue():
        raise SystemExit(said.getvalue())
    return seconds


def measure(sizes: dict[str, int], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each round, by what the table holds."""
    seconds: dict[str, list[float]] = {name: [] for name in sizes}
    with tempfile.TemporaryDirectory() as folder, ephemeral.server() as server:
        config = write_project(Path(folder))
        urls = {}
        with psycopg.connect(server.url(), autocommit=True) as session:
            print(f"PostgreSQL {server.version // 10_000}, {platform.machine()}", flush=True)
            for number, (name, rows) in enumerate(sizes.items()):
                session.execute(f"CREATE DATABASE bench_{number}")
                urls[name] = server.url(f"bench_{number}")
                began = time.perf_counter()
                size = fill(urls[name], rows)
                took = time.perf_counter() - began
                print(f"  {name:16} docs has {size:,.0f} MB, filled in {took:.0f} s", flush=True)
        for url in urls.values():  # once to warm up
            upgraded(config, url)
        for turn in range(rounds):
            names = list(urls)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                seconds[name].append(upgraded(config, urls[name]))
    return seconds


def main() -> None:
    """Measure, and say what was reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="up to 100,000 rows, 3 rounds")
    parser.add_argument("--rounds", type=int, default=0)
    given = parser.parse_args()
    sizes = {"no rows": 0, "100,000 rows": 100_000} if given.quick else SIZES
    seconds = measure(sizes, given.rounds or (3 if given.quick else 9))
    print(f"alembic upgrade head, {len(CHAIN)} revisions, 6 steps")
    for name, found in seconds.items():
        print(f"  {name:16} {spread(found)}")
    empty = statistics.median(seconds["no rows"])
    for name in list(sizes)[1:]:
        found = statistics.median(seconds[name])
        print(verdict(f"{name}, beside an empty table", found / empty, MOST_TIMES))
        print(verdict(f"{name}, the whole upgrade", found, MOST_SECONDS, "s"))


if __name__ == "__main__":
    main()
