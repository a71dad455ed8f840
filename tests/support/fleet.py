"""Hosts with bundles of dumps, and workers on them, as processes of their own."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from codeintel.mover.tables import TABLES
from codeintel.store.bundle_file import write_tables
from codeintel.store.folder import BundleFolder

_INI = """[alembic]
script_location = %(here)s/migrations
path_separator = os
prepend_sys_path = %(here)s
"""
_HALF_WAY = "half-way"
_SPEC = f'''"""The move, of which a process dies where $DIES says, or waits with half of it done."""

import os
import signal
import time
from pathlib import Path

from codeintel.mover.spec import Bundles
from codeintel.store.folder import BundleFolder

HALF_WAY = Path(__file__).with_name({_HALF_WAY!r})
ALL = 1 << 31


class MortalMove(Bundles):
    def batch(self, connection, unit, cursor, size):
        if cursor:
            die("after the commit")
        else:
            wait_half_way(BundleFolder(Path(os.environ["BUNDLE_DIR"])))
        done = super().batch(connection, unit, cursor, size)
        die("after the rename" if cursor else "with its rows written")
        return done


def wait_half_way(host):
    while HALF_WAY.exists() and len(host.backups(limit=ALL)) >= len(host.bundles(limit=ALL)):
        time.sleep(0.02)


def die(where):
    if os.environ.get("DIES") == where:
        os.kill(os.getpid(), signal.SIGKILL)


bundles = MortalMove()
'''
_COMMAND = Path(sys.executable).with_name("outofband")
_ENV = """
import os
from alembic import context
from sqlalchemy import create_engine, pool
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, version_table="of_move")
    context.run_migrations()
else:
    url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, version_table="of_move")
        with context.begin_transaction():
            context.run_migrations()
"""
_REVISION = """
from alembic import op
revision, down_revision = "1", None
def upgrade():
    op.backfill_out_of_band(
        "bundles", "lsif_data_metadata", spec="mortal_move:bundles", from_elsewhere=True
    )
def downgrade():
    pass
"""


def declare(folder: Path, url: str) -> Path:
    """Write a project whose one revision declares the move, and apply that; return its folder."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(_INI)
    (folder / "mortal_move.py").write_text(_SPEC)
    (folder / "migrations" / "env.py").write_text(_ENV)
    (versions / "r1.py").write_text(_REVISION)
    upgrade(folder, url)
    return folder


def upgrade(project: Path, url: str) -> None:
    """Bring a database to the head of a project that takes its URL from the environment."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", url)
        command.upgrade(Config(project / "alembic.ini"), "head")


def write_bundles(root: Path, dump_ids: Iterable[int], rows: int = 20) -> BundleFolder:
    """Write bundles of random blobs, the same for the same id."""
    folder = BundleFolder(root)
    for dump_id in dump_ids:
        chance = random.Random(dump_id)

        def keyed(count: int, chance: random.Random = chance) -> list[tuple[Any, ...]]:
            return [("npm", f"{i}", chance.randbytes(200)) for i in range(count)]

        path = folder.bundle(dump_id)
        path.parent.mkdir(parents=True)
        tables = {
            "documents": [(f"src/{i}.ts", chance.randbytes(2000)) for i in range(rows)],
            "result_chunks": [(i, chance.randbytes(2000)) for i in range(rows)],
            "definitions": keyed(rows),
            "references": keyed(rows),
        }
        write_tables(path, rows, tables)
    return folder


@dataclass
class Worker:
    """One process, and the file that it says things into."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def status(self, seconds: float = 600.0) -> int:
        return self.process.wait(seconds)


@dataclass
class Fleet:
    """The workers of a project; those that are left are ended with it."""

    project: Path
    url: str
    workers: list[Worker] = field(default_factory=list)

    def start(self, place: str, root: Path, url: str = "", dies: str = "") -> Worker:
        """Start a worker of a host that ends when all is done, or ``dies`` before."""
        log = self.project / f"worker{len(self.workers)}.log"
        environment = {
            **os.environ,
            "DATABASE_URL": url or self.url,
            "BUNDLE_DIR": str(root),
            "DIES": dies,
        }
        with log.open("wb") as file:
            process = subprocess.Popen(
                [str(_COMMAND), "backfill", "worker", "--place", place, "--until-done"],
                cwd=self.project,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(Worker(process, log))
        return self.workers[-1]

    @contextmanager
    def half_way(self) -> Iterator[None]:
        """While the block lasts, no host gets beyond half of its bundles, however late the machine
        lets a test look.
        """
        held = self.project / _HALF_WAY
        held.touch()
        yield
        held.unlink()

    def close(self) -> None:
        """Kill those that are left."""
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()


def until(seen: Callable[[], bool], what: str, seconds: float = 180.0) -> None:
    """Wait for a state; fail after some time."""
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def amiss(url: str, folders: Iterable[BundleFolder], dump_ids: Iterable[int]) -> Iterator[str]:
    """Tell of each dump whose rows are not those of its file, each once, or whose file stayed."""
    homes = {i: folder for folder in folders for i in folder.backups(limit=1 << 31)}
    with psycopg.connect(url) as connection:
        for dump_id in dump_ids:
            if dump_id not in homes:
                yield f"dump {dump_id} has no backup"
                continue
            if homes[dump_id].bundle(dump_id).exists():
                yield f"the file of dump {dump_id} stayed"
            with closing(sqlite3.connect(homes[dump_id].backup(dump_id))) as file:
                for table in TABLES:
                    columns = ", ".join(column.name for column in table.columns)
                    sql = f"SELECT {columns} FROM {table.name} WHERE dump_id = %s"
                    stored = sorted(connection.execute(sql, [dump_id]).fetchall())  # type: ignore[arg-type]
                    if stored != sorted(file.execute(f'SELECT * FROM "{table.source}"')):
                        yield f"dump {dump_id} has other rows in {table.name}"


def kept(url: str) -> dict[str, Any]:
    """Return what the engine and the queue keep: open, leased and settled units, and the jobs that
    somebody is at.

    One that waits may be left, put in by a worker as another did the last unit: whoever comes to it
    finds nothing to do.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FILTER (WHERE done_at IS NULL), count(owner),"
            " count(*) FILTER (WHERE settled_at IS NOT NULL),"
            " (SELECT count(*) FROM outofband.procrastinate_jobs WHERE status = 'doing')"
            " FROM outofband.backfill_unit"
        ).fetchone()
    assert row is not None
    return dict(zip(("open", "leased", "settled", "doing"), row, strict=True))
