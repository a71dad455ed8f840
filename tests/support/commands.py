"""Processes of the command lines, forked from an interpreter that has imported everything.

Each begins most of a second earlier, is a process of its own and dies like any other. What a test
says about the start itself, a terminal or another Python needs :mod:`subprocess`.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import IO

OUTOFBAND = str(Path(sys.executable).with_name("outofband"))
ALEMBIC = str(Path(sys.executable).with_name("alembic"))
_BEGUN = threading.Lock()


class Command:
    """A command that runs: a Python program's path and its arguments.

    ``reads``, ``out`` and ``err`` are descriptors of its standard streams. Where they are not
    given, there is nothing to read, and it prints to files of its own.
    """

    def __init__(
        self,
        words: Sequence[str],
        folder: Path | str = ".",
        environ: Mapping[str, str] | None = None,
        *,
        reads: int | None = None,
        out: int | None = None,
        err: int | None = None,
    ) -> None:
        self.args = [*words]
        self.returncode: int | None = None
        unsaid = [given for given in (out, err) if given is None]
        self._own: list[IO[bytes]] = [tempfile.TemporaryFile() for _ in unsaid]  # noqa: SIM115
        self._said: list[str] = []
        own = (stream.fileno() for stream in self._own)
        prints = [next(own) if given is None else given for given in (out, err)]
        self._told, telling = socket.socketpair()
        request = {
            "words": self.args,
            "folder": os.path.abspath(folder),
            "environ": dict(os.environ if environ is None else environ),
        }
        with telling, open(os.devnull) as nothing, _BEGUN:
            read = nothing.fileno() if reads is None else reads
            given = [read, *prints, telling.fileno()]
            _, asked = _interpreter()
            line = json.dumps(request).encode() + b"\n"
            asked.sendall(line[socket.send_fds(asked, [line], given) :])
            self.pid = int(self._line(None))

    def poll(self) -> int | None:
        """Return its exit status, None while it runs."""
        try:
            return self.wait(0)
        except TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status when it has ended."""
        if self.returncode is None:
            self.returncode = int(self._line(timeout))
            self._told.close()
            self._said = self.printed()
            for stream in self._own:
                stream.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> list[str]:
        """Return what it printed into files of its own when it has ended."""
        self.wait(timeout)
        return self._said

    def printed(self) -> list[str]:
        """Return what it has printed so far."""
        return self._said or [_read(stream.fileno()) for stream in self._own]

    def send_signal(self, how: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it by force, if it has not ended."""
        self.send_signal(signal.SIGKILL)
        self.wait()

    def _line(self, timeout: float | None) -> bytes:
        deadline = None if timeout is None else time.monotonic() + timeout
        line = b""
        while not line.endswith(b"\n"):
            left = None if deadline is None else max(deadline - time.monotonic(), 1e-6)
            self._told.settimeout(left)
            try:
                more = self._told.recv(1)
            except TimeoutError:
                raise TimeoutExpired(self.args, timeout or 0.0) from None
            assert more, "the interpreter that commands are forked from is gone"
            line += more
        return line


def run(
    words: Sequence[str],
    folder: Path | str = ".",
    environ: Mapping[str, str] | None = None,
    timeout: float = 240.0,
) -> CompletedProcess[str]:
    """Run a command to its end; return its status and what it printed."""
    command = Command(words, folder, environ)
    try:
        out, err = command.communicate(timeout)
    finally:
        command.kill()
    assert command.returncode is not None
    return CompletedProcess(command.args, command.returncode, out, err)


@functools.cache
def _interpreter() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the interpreter, which ends with this process; return where it is asked, too."""
    ours, theirs = socket.socketpair()
    program = Path(__file__).with_name("warm.py")
    with theirs:
        started = subprocess.Popen(
            [sys.executable, str(program), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
    atexit.register(_end, started, ours)
    return started, ours


def _end(started: subprocess.Popen[bytes], ours: socket.socket) -> None:
    """End the interpreter, which does so when nobody can ask it any more."""
    ours.close()
    started.wait()


def _read(printed: int) -> str:
    return os.pread(printed, os.fstat(printed).st_size, 0).decode()
