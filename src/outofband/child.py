"""A forked child that runs the project's code, one line of JSON for each thing it has to say.

Forked, not spawned: the child needs what the parent has loaded, and inherits it for nothing. It
never returns into the parent's code. What it may use is bounded: time for each thing that it does,
memory, and the processes of its own, which end with it. Where the parent keeps a trace of what is
looked at, the child's is added to it.
"""

from __future__ import annotations

import gc
import json
import logging
import mmap
import os
import resource
import selectors
import signal
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Any

from outofband.errors import Misuse
from outofband.inputs import trace

MEMORY = 4 * 2**30
"""Bytes of private memory that a child may have; more is a MemoryError there."""

_CHUNK = 65536
# A child interrupts itself; one that cannot (C code, a lock, `except BaseException`) is killed.
_GRACE = 2.0
_LOOKED = "looked"
_PAGE = 64 * 1024
_START_LIMIT = 60.0

Doing = tuple[str, str]
"""What a child does to which file: ``("upgrade", path)``."""

Work = Callable[["Post"], None]
"""The child's whole life."""


class ChildLost(Misuse):
    """The child is lost although it leaves out what earlier ones were lost in."""


class TimeUpError(BaseException):
    """The project's code took longer than it may; no ``except Exception`` of its own hides it."""


class _Board:
    """A page of memory that the child and its parent share: what the child does now.

    Not a line in the pipe: a parent that is woken a thousand times a second does nothing else.
    """

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, _PAGE)
        self.write(("start", ""), _START_LIMIT)

    def write(self, doing: Doing, limit: float) -> None:
        """Note what is begun now, and how many seconds it may take."""
        line = json.dumps([*doing, limit, time.monotonic()]).encode()
        self._page[: len(line) + 1] = line + b"\n"

    def read(self) -> tuple[Doing, float, float]:
        """Return what was begun last, its limit, and when that is over on the monotonic clock."""
        while True:
            with suppress(ValueError):  # it is being written
                what, path, limit, begun = json.loads(self._page[:].partition(b"\n")[0])
                return (what, path), limit, begun + limit + _GRACE


@dataclass(slots=True)
class Post:
    """How a child tells its parent what it does and what came of it.

    ``lost`` says what earlier children were lost in, and why: this one leaves that out. ``said``
    are the answers that the parent has from them.
    """

    lost: Mapping[Doing, str] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)
    out: IO[str] | None = None
    pid: int = 0
    board: _Board = field(default_factory=lambda: _Board())

    def say(self, answer: dict[str, Any]) -> None:
        """Send an answer. A process that the project's code has forked ends here."""
        if os.getpid() != self.pid:
            os._exit(0)
        print(json.dumps(answer), file=self.out, flush=True)

    @contextmanager
    def doing(self, what: str, path: str, limit: float) -> Iterator[None]:
        """Note what is done within, which is interrupted by TimeUpError after ``limit`` seconds."""
        self.board.write((what, path), limit)
        signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            with trace.about(path):
                yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def answers(work: Work) -> list[dict[str, Any]]:
    """Do ``work`` in a child and return what it says."""
    with started(work) as said:
        return [*said]


@contextmanager
def started(work: Work) -> Iterator[Iterator[dict[str, Any]]]:
    """Start ``work`` in a child; yield what it says, to be waited for one by one.

    A child that dies or hangs is replaced by one that leaves out what it was doing.
    """
    with ExitStack() as life:
        post = Post()
        pipe = life.enter_context(_forked(work, post))
        yield _heard_to_the_end(work, post, life, pipe)


def _heard_to_the_end(
    work: Work, post: Post, life: ExitStack, pipe: int
) -> Iterator[dict[str, Any]]:
    lost: dict[Doing, str] = {}
    while True:
        end = yield from _heard(pipe, post)
        life.close()
        if end is None:
            return
        trace.unforeseen("a child that was lost")
        doing, reason = end
        if doing in lost:
            raise ChildLost(
                "the process that runs the project's code is lost each time",
                why=f"{doing[0]} {doing[1]} {reason}",
                do="Lint with --no-exec, which reads the syntax trees only",
            )
        lost[doing] = reason
        post = Post(lost, post.said)
        pipe = life.enter_context(_forked(work, post))


@contextmanager
def _forked(work: Work, post: Post) -> Iterator[int]:
    """Fork a child that does the work; yield the pipe, and end the child and its own after."""
    reading, writing = os.pipe()
    # What a signal's handler raises within fork() is passed over: it comes when there is a child.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with warnings.catch_warnings():
        # Python 3.12 warns of threads: a child stuck on one's lock runs into the limit.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(reading)
            _live(work, post, writing)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield reading
    finally:
        os.close(reading)
        for kill, whom in ((os.killpg, pid), (os.kill, pid)):
            with suppress(ProcessLookupError, PermissionError):
                kill(whom, signal.SIGKILL)
        with suppress(ChildProcessError):  # reaped by the host's SIGCHLD
            os.waitpid(pid, 0)


def _live(work: Work, post: Post, pipe: int) -> None:
    gc.disable()  # what the parent has open is not the child's to close
    os.setpgid(0, 0)
    logging.disable(logging.CRITICAL)
    nowhere = open(os.devnull, "r+")  # noqa: SIM115 (this process ends by os._exit)
    for standard in (0, 1, 2):
        os.dup2(nowhere.fileno(), standard)
    sys.stdin = sys.stdout = sys.stderr = nowhere
    for limited, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a system that has no such limit, or a lower one
            resource.setrlimit(limited, (most, resource.getrlimit(limited)[1]))
    signal.signal(signal.SIGALRM, _time_is_up)
    with open(pipe, "w", encoding="utf-8") as out:
        post.out, post.pid = out, os.getpid()
        work(post)
        post.say({_LOOKED: kept.told()} if (kept := trace.current()) else {})


def _time_is_up(_signal: int, _frame: FrameType | None) -> None:
    trace.unforeseen("a time limit")
    raise TimeUpError


def _heard(pipe: int, post: Post) -> Generator[dict[str, Any], None, tuple[Doing, str] | None]:
    """Yield answers until the last; return what the child was lost in and why, if it was."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            doing, limit, deadline = post.board.read()
            if not selector.select(max(0.0, deadline - time.monotonic())):
                if post.board.read()[2] > deadline:
                    continue  # it has begun another thing since
                return doing, f"was still running after {limit:g} s"
            chunk = os.read(pipe, _CHUNK)
            if not chunk:
                return post.board.read()[0], "ended the process"
            *lines, pending = (pending + chunk).split(b"\n")
            for answer in map(json.loads, lines):
                if not answer:
                    return None
                if _LOOKED in answer:
                    if kept := trace.current():
                        kept.add(answer[_LOOKED])
                    return None
                post.said.append(answer)
                yield answer
