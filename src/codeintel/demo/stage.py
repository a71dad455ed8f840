"""Where it happens: a database, its owner, the application's role, and the project's commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from outofband import ephemeral

CHECKOUT = Path(__file__).parents[3]
"""The folder of alembic.ini."""

DATABASE = "codeintel"
SUPERUSER = "postgres"
DEPLOYER = "deployer"
APP = "app"

MAINTENANCE_WORK_MEM = "4MB"
"""The data is a thousandth of the incident's, and so sorts would fit the stock 64 MB."""

_SETTINGS = {
    "maintenance_work_mem": MAINTENANCE_WORK_MEM,
    # A build and the readers' scans draw parallel workers from one pool, by default of 8: a build
    # that asks for workers while readers scan might get none, and the demonstration would be a
    # lottery.
    "max_worker_processes": "24",
    "max_parallel_workers": "24",
}
_ROLES = (
    f"CREATE ROLE {DEPLOYER} LOGIN",
    f"CREATE ROLE {APP} LOGIN",
    f"CREATE DATABASE {DATABASE} OWNER {DEPLOYER}",
)
_PRIVILEGES = (
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {DEPLOYER} GRANT SELECT, INSERT ON TABLES TO {APP}"
)
_TIMEOUT = "-c statement_timeout=10s"


@dataclass(frozen=True, slots=True)
class Stage:
    """A running server with the database and its roles; ``folder`` goes when the server does."""

    server: ephemeral.Server
    folder: Path

    def url(self, role: str) -> str:
        """Return the database's URL for one of the roles."""
        return self.server.url(DATABASE, role)

    def connect(self, role: str) -> psycopg.Connection[Any]:
        """Open an autocommit connection."""
        return psycopg.connect(self.url(role), autocommit=True)

    def limit_temp_files(self, kilobytes: int) -> None:
        """Give the deployer a temp_file_limit, as providers do; only a superuser may."""
        with self.connect(SUPERUSER) as superuser:
            superuser.execute(
                sql.SQL("ALTER ROLE {} SET temp_file_limit = {}").format(
                    sql.Identifier(DEPLOYER), sql.Literal(f"{kilobytes}kB")
                )
            )

    def run(self, argv: tuple[str, ...], folder: Path, show: Callable[[str], None]) -> int:
        """Run a command of our environment as the deployer; return its exit status.

        ``show`` gets its lines, both streams in the order in which they came.
        """
        program = Path(sys.executable).parent / argv[0]
        with subprocess.Popen(
            [program, *argv[1:]],
            cwd=folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    show(line.rstrip("\n"))
            except BaseException:
                process.kill()
                raise
        return process.returncode

    def _environment(self) -> dict[str, str]:
        # A line is prefixed as it comes, which a child that moves the cursor would spoil.
        leave_out = {"OUTOFBAND_DATABASE_URL", "FORCE_COLOR", "TTY_COMPATIBLE", "BUNDLE_HOSTS"}
        inherited = {k: v for k, v in os.environ.items() if k not in leave_out}
        # The operator's own files are not to be moved into a server that is gone in a minute.
        ours = {"DATABASE_URL": self.url(DEPLOYER), "BUNDLE_DIR": str(self.folder / "lsif-storage")}
        return {**inherited, **ours, "PYTHONUNBUFFERED": "1"}


@contextmanager
def stage(pg_bin: Path | None) -> Iterator[Stage]:
    """Set the stage for the length of a ``with`` block; raises what ephemeral.server raises."""
    with ephemeral.server(pg_bin=pg_bin, settings=_SETTINGS) as server:
        with psycopg.connect(server.url(), autocommit=True) as superuser:
            for statement in _ROLES:
                superuser.execute(statement)
        # Below the server's own folder, which its watcher removes whatever becomes of us.
        folder = server.socket_directory / "demo"
        folder.mkdir()
        prepared = Stage(server, folder)
        with prepared.connect(SUPERUSER) as superuser:
            superuser.execute(_PRIVILEGES)
        yield prepared


def connect_as_app(url: str, purpose: str) -> psycopg.Connection[Any]:
    """Open an autocommit connection of the application: no statement of it takes over 10 s."""
    return psycopg.connect(
        url, autocommit=True, application_name=purpose, options=_TIMEOUT, connect_timeout=10
    )
