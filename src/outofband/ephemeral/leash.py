"""The owner's end of the watcher: what is started on the leash cannot outlive it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from outofband.ephemeral.identity import Identity
from outofband.errors import StateUnknown

WATCHER = Path(__file__).with_name("watcher.py")
INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


class WatcherDied(StateUnknown):
    """The process that guards the server has ended, so nobody would stop the server."""


class Leash:
    """A context manager around the watcher, which removes ``paths`` at its end, whatever that is.

    Enter it before ``paths`` exist. On exit everything on the leash is stopped and they are gone.
    """

    def __init__(self, identity: Identity, *paths: Path) -> None:
        self.identity = identity
        self.paths = paths
        self._requests = 0

    def __enter__(self) -> Leash:
        self._watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", WATCHER, *self.paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            start_new_session=True,
        )
        assert self._watcher.stdin is not None
        assert self._watcher.stdout is not None
        self._to_watcher, self._from_watcher = self._watcher.stdin, self._watcher.stdout
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # A child that was forked meanwhile may hold the leash as well, so say the word, too.
            self._send("quit")
        except WatcherDied:
            if error is None:
                raise
        finally:
            self._to_watcher.close()
            self._watcher.wait()
            self._from_watcher.close()

    def run(
        self,
        *argv: str | Path,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end with the server's identity, and capture what it prints.

        It holds the leash: if the owner dies, the watcher waits for it before it removes ``paths``.
        """
        return subprocess.run(
            [*self.identity.prefix, *argv],
            **self.identity.account,
            env=_environment(),
            cwd="/",
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            pass_fds=(self._to_watcher.fileno(),),
            check=False,
        )

    def start(self, argv: Sequence[str], *, data: Path, log: Path) -> int | str:
        """Start the server and wait until it accepts connections: its pid, or what went wrong."""
        answer = self._ask(
            "start",
            argv=[*self.identity.prefix, *argv],
            account=self.identity.account,
            env=_environment(),
            data=str(data),
            log=str(log),
        )
        return int(answer["pid"]) if "pid" in answer else str(answer["trouble"])

    def stop(self, how: signal.Signals) -> None:
        """Stop the server by PostgreSQL's signals (SIGINT: fast, SIGQUIT: immediate) and wait."""
        self._ask("stop", signal=how)

    def _ask(self, do: str, **details: object) -> dict[str, Any]:
        number = self._send(do, **details)
        while line := self._from_watcher.readline():
            answer: dict[str, Any] = json.loads(line)
            # An exception may have come between an earlier request and its answer.
            if answer["to"] == number:
                return answer
        raise self._died()

    def _send(self, do: str, **details: object) -> int:
        self._requests += 1
        request = {"do": do, "number": self._requests, **details}
        try:
            self._to_watcher.write(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise self._died() from error
        return self._requests

    def _died(self) -> WatcherDied:
        return WatcherDied(
            "The process that guards the ephemeral server has ended",
            why="somebody killed it, or it failed; its last words are on standard error",
            do=f"Stop the server, if it still runs, and remove {self.paths[0]}",
        )


def _environment() -> dict[str, str]:
    # Nothing else: another account can read the environment of what runs as it, and PG* misleads.
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "LC_ALL": "C", "TZ": "UTC"}
