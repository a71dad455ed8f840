"""A place of their own for servers whose traces are counted, and programs that run in it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from outofband.ephemeral import binaries, server, template

DEADLINE_SECONDS = 120.0

PROGRAM = """
import signal
import sys
from outofband.ephemeral import server

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it

with server() as postgres:
    print(postgres.pid, flush=True)
    sys.stdin.read()
"""
"""Starts a server and prints its pid; ends when its standard input does."""


@dataclass
class Place:
    """A directory for servers, and an empty cache. Both are open to every user."""

    path: Path
    programs: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def servers(self) -> Path:
        return self.path / "run"

    @property
    def cache(self) -> Path:
        return self.path / "cache" / "outofband"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OUTOFBAND_EPHEMERAL_DIR": str(self.servers),
            "XDG_CACHE_HOME": str(self.cache.parent),
        }

    def folders(self) -> list[Path]:
        return list(self.servers.iterdir())

    def archives(self) -> list[Path]:
        return list(self.cache.iterdir()) if self.cache.exists() else []

    def processes(self) -> dict[int, str]:
        """What is alive and names the place in its arguments or works in it: pid and command."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if str(self.path) in command + os.readlink(process / "cwd"):
                    found[int(process.name)] = command
        return found

    def is_clean(self) -> bool:
        """Nothing is left: no folder, no process, nothing in the cache but whole archives."""
        whole = all(archive.name.startswith("initdb-") for archive in self.archives())
        return whole and not self.folders() and not self.processes()

    def run(
        self,
        *prefix: str,
        before: str = "",
        program: str = PROGRAM,
        python: str = sys.executable,
        user: str | None = None,
        **environment: str,
    ) -> subprocess.Popen[str]:
        """Start a program in a process group of its own."""
        started = subprocess.Popen(
            [*prefix, python, "-c", f"{before}\n{program}"],
            env={**self.environment, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=user,
            start_new_session=True,
        )
        self.programs.append(started)
        return started

    def run_until_ready(self, *prefix: str, **how: str) -> tuple[subprocess.Popen[str], int]:
        """Start a program and wait for its server: the program and the postmaster's pid."""
        started = self.run(*prefix, **how)
        assert started.stdout is not None
        line = started.stdout.readline()
        if not line:
            pytest.fail(started.communicate()[1])
        return started, int(line)


@pytest.fixture(scope="session")
def an_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first server leaves in the cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with server():
            return template.archive_for(binaries.find())


@pytest.fixture
def place() -> Iterator[Place]:
    # Not tmp_path: it is closed to other accounts, and too long for the path of a socket.
    with tempfile.TemporaryDirectory(prefix="ob-", dir="/tmp") as folder:
        place = Place(Path(folder))
        for path in (place.path, place.servers, place.cache.parent):
            path.mkdir(exist_ok=True)
            path.chmod(0o777)
        yield place
        for program in place.programs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.communicate()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Return once something holds; fail at the deadline."""

    def wait(holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS:.0f} s"
            time.sleep(0.001)

    return wait


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The place, also for servers that the test itself starts; their cache is the user's."""
    monkeypatch.setenv("OUTOFBAND_EPHEMERAL_DIR", str(place.servers))
    return place
