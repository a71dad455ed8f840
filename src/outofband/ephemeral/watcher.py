"""The process that outlives its owner: it holds the server, and ends it when the owner is gone.

Run as a script, in a session of its own, before anything else exists::

    python -I -S watcher.py PATH...

Standard input is the leash: one JSON object a line says what to do, and its end, however it comes
about (a return, an exception, ``kill -9`` of the whole process group), means: stop the server,
remove every PATH, end. Every program that writes below a PATH for the owner holds the leash too, so
its end also means that nobody writes there any more. Each request but ``quit`` has one JSON answer.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

POLL_SECONDS = 0.002
READY_SECONDS = 60.0
STOP_SECONDS: dict[int, float] = {signal.SIGINT: 60.0, signal.SIGQUIT: 10.0, signal.SIGKILL: 10.0}
"""What each way to stop is given before a harder one is tried; SIGINT may write a checkpoint."""

REMOVE_SECONDS = 10.0
IPC_RMID = 0
"""From sys/ipc.h, on Linux and macOS alike."""

Postgres = subprocess.Popen[bytes]


def main(paths: list[str]) -> None:
    """Serve requests until ``quit`` or the end of the leash; then leave nothing behind."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A function and not SIG_IGN, which the server would inherit. Only the leash decides.
        signal.signal(name, lambda *_: None)
    postgres: Postgres | None = None
    try:
        for request in _requests():
            if request["do"] == "quit":
                break
            if postgres is not None:
                _stop(postgres, request.get("signal", signal.SIGQUIT))
            if request["do"] == "start":
                postgres = _start(request)
            _answer(request["number"], _outcome(request, postgres))
    finally:
        if postgres is not None:
            _stop(postgres, signal.SIGQUIT)
        for path in paths:
            _remove_shared_memory(path)
            _remove(path)


def _requests() -> Iterator[dict[str, Any]]:
    # Unbuffered, so that select() in _wait_until_ready sees whatever was not read yet.
    with open(0, "rb", buffering=0, closefd=False) as leash:
        for line in leash:
            if not line.endswith(b"\n"):
                return
            yield json.loads(line)


def _outcome(request: dict[str, Any], postgres: Postgres | None) -> dict[str, int | str]:
    if request["do"] == "start" and postgres is not None:
        return _wait_until_ready(postgres, request["data"])
    return {}


def _answer(to: int, outcome: dict[str, int | str]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the owner is gone; the leash says so next
        os.write(1, json.dumps({"to": to, **outcome}).encode() + b"\n")


def _start(request: dict[str, Any]) -> Postgres:
    with open(request["log"], "ab") as log:
        return subprocess.Popen(
            request["argv"],
            **request["account"],
            env=request["env"],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _wait_until_ready(postgres: Postgres, data: str) -> dict[str, int | str]:
    deadline = time.monotonic() + READY_SECONDS
    while postgres.poll() is None:
        if _says_ready(os.path.join(data, "postmaster.pid"), postgres.pid):
            return {"pid": postgres.pid}
        if select.select([0], [], [], POLL_SECONDS)[0]:
            return {"trouble": "nobody waits for it any more"}
        if time.monotonic() > deadline:
            return {"trouble": f"it was not ready after {READY_SECONDS:.0f} s"}
    return {"trouble": f"it ended with exit status {postgres.returncode}"}


def _says_ready(path: str, pid: int) -> bool:
    """Read postmaster.pid: line 1 is the process, line 8 its status (PostgreSQL, pidfile.h)."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _stop(postgres: Postgres, how: int) -> None:
    for way in dict.fromkeys((how, signal.SIGQUIT, signal.SIGKILL)):
        postgres.send_signal(way)
        with contextlib.suppress(subprocess.TimeoutExpired):
            postgres.wait(STOP_SECONDS[way])
            return


def _remove_shared_memory(path: str) -> None:
    """Remove the System V segment of a server below ``path`` that was killed.

    It holds 56 bytes, but a machine has room for 4096 of them. A server that ends by itself removes
    it, and postmaster.pid, whose line 7 is the segment's key and id (PostgreSQL, pidfile.h).
    """
    try:
        with open(os.path.join(path, "data", "postmaster.pid"), encoding="utf-8") as file:
            key, identifier = map(int, file.read().split("\n")[6].split())
    except (OSError, ValueError, IndexError):
        return
    libc = ctypes.CDLL(None)
    if libc.shmget(key, 0, 0) == identifier:  # not reused by somebody else meanwhile
        libc.shmctl(identifier, IPC_RMID, None)


def _remove(path: str) -> None:
    """Remove the file or folder, again and again while orphans of a killed server still write."""
    deadline = time.monotonic() + REMOVE_SECONDS
    while os.path.lexists(path) and time.monotonic() < deadline:
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
