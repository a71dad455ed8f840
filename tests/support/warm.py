"""An interpreter that has imported the command lines, and becomes one as often as it is asked to.

The program behind :mod:`commands`. Its argument is the descriptor of the socket that requests come
by: a line of JSON with the words, the folder and the environment, and with it the descriptors of
stdin, stdout, stderr and of a socket that is told the process and, when that has ended, its status.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

import outofband
import outofband_lint

_DESCRIPTORS = 4
_LEFT_OUT = "outofband.testing", "outofband.ephemeral.watcher"
"""What needs pytest, and what is a program."""


def warm_up() -> None:
    """Import all that a command may need: what it imports then is there."""
    for package in (outofband, outofband_lint):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(_LEFT_OUT) and not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def next_command(requests: socket.socket) -> list[str]:
    """Serve until the tests are over; return the words of a command in each process that is one."""
    ended, notice = os.pipe()
    for end in (ended, notice):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(notice)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as events:
        events.register(requests, selectors.EVENT_READ)
        events.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in events.select():
                if key.fileobj == ended:
                    os.read(ended, 1 << 16)
                    _tell_of_the_dead(running)
                    continue
                request, descriptors = _received(requests)
                if not request:
                    _end(running)
                telling = socket.socket(fileno=descriptors.pop())
                pid = os.fork()
                if pid == 0:
                    events.close()
                    _leave(requests, telling, *running.values(), ended=(ended, notice))
                    return _become(request, descriptors)
                for descriptor in descriptors:
                    os.close(descriptor)
                running[pid] = telling
                telling.sendall(f"{pid}\n".encode())


def _received(requests: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return a request and its descriptors; nothing when there will be no more."""
    told, descriptors, _, _ = socket.recv_fds(requests, 1 << 16, _DESCRIPTORS)
    while told and not told.endswith(b"\n"):
        told += requests.recv(1 << 16)
    return json.loads(told or "{}"), descriptors


def _tell_of_the_dead(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with running.pop(pid) as telling, suppress(OSError):  # nobody may ask any longer
            telling.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _end(running: dict[int, socket.socket]) -> None:
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _leave(*sockets: socket.socket, ended: tuple[int, int]) -> None:
    """Let go of what is the server's."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in sockets:
        each.close()
    for end in ended:
        os.close(end)


def _become(request: dict[str, Any], descriptors: list[int]) -> list[str]:
    """Be the process that an interpreter started with these words would be."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[attr-defined]
    words: list[str] = request["words"]
    path = os.environ.get("PYTHONPATH", "")
    sys.path[:1] = [os.path.dirname(words[0]), *filter(None, path.split(os.pathsep))]
    return words


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests end it, whatever a terminal sends
    warm_up()
    sys.argv = next_command(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(sys.argv[0], run_name="__main__")
