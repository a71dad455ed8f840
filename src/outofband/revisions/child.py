"""Runs the project's revisions in a forked child, one line of JSON for each, under a time limit.

Forked, not spawned: the child needs the modules, the models and the Config that the parent has
loaded, and inherits them for nothing. It never returns into the parent's code.
"""

from __future__ import annotations

import ast
import gc
import inspect
import logging
import os
import selectors
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script
from sqlalchemy.exc import NoInspectionAvailable

from outofband.errors import OutofbandError
from outofband.revisions import literal, wire
from outofband.revisions.capture import Capture, NeedsConnectionError, ReadsDatabaseError
from outofband.revisions.environment import Environment
from outofband.revisions.mode import asks_whether_offline
from outofband.revisions.wire import Run
from outofband_lint.source import Problem

_CHUNK = 65536
_OFFLINE = "upgrade() asks whether it is run offline, and what it does in a deploy is not known"


def runs(environment: Environment, scripts: Sequence[Script], limit: float) -> list[Run]:
    """Run every ``upgrade()`` offline; ``limit`` is in seconds and for each one.

    A child that dies or hangs costs its revision, which is then read by its syntax tree; the next
    child goes on with the others.
    """
    done: list[Run] = []
    stopped: Problem | None = None
    while len(done) < len(scripts):
        before = len(done)
        with _child(environment, scripts[before:], stopped) as pipe:
            reason = _read(pipe, done, len(scripts), limit)
        if not reason:
            break
        if stopped and len(done) == before:
            done.append(Run(problem=stopped))
        script = scripts[min(len(done), len(scripts) - 1)]
        stopped = Problem(reason, _first_line(script))
    return done


def run(environment: Environment, script: Script) -> Run:
    """Run one ``upgrade()`` offline, in this process."""
    capture = Capture(script.path)
    problem: Problem | None = None
    with EnvironmentContext(environment.config, environment.script, as_sql=True) as holder:
        context = capture.configure(environment, holder)
        with Operations.context(context):
            try:
                script.module.upgrade()
            except BaseException as error:
                problem = Problem(_reason(error), _line(error, script.path))
    if problem is None and asks_whether_offline(script.module):
        problem = Problem(_OFFLINE, _first_line(script))
    if problem:
        return read_literally(environment, script, problem)
    return Run(tuple(capture.sources), tuple(capture.steps))


def read_literally(environment: Environment, script: Script, problem: Problem) -> Run:
    """Return what the syntax tree of a revision gives that could not be run."""
    capture = Capture(script.path)
    holder = EnvironmentContext(environment.config, environment.script, as_sql=True)
    operations = Operations(capture.configure(environment, holder))
    try:
        tree = ast.parse(Path(script.path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return Run(problem=problem)
    literal.replay(tree, operations, capture)
    return Run(tuple(capture.sources), tuple(capture.steps), problem)


@contextmanager
def _child(
    environment: Environment, scripts: Sequence[Script], stopped: Problem | None
) -> Iterator[int]:
    """Fork a child that writes a line for each script; yield the pipe, and end the child after."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads: a child stuck on one's lock runs into the limit.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            _serve(environment, scripts, stopped, writing)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)
        with suppress(ProcessLookupError, ChildProcessError):  # reaped by the host's SIGCHLD
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _serve(
    environment: Environment, scripts: Sequence[Script], stopped: Problem | None, pipe: int
) -> None:
    """The child's whole life."""
    gc.disable()  # what the parent has open is not the child's to close
    logging.disable(logging.CRITICAL)
    nowhere = open(os.devnull, "r+")  # noqa: SIM115 (this process ends by os._exit)
    for standard in (0, 1, 2):
        os.dup2(nowhere.fileno(), standard)
    sys.stdin = sys.stdout = sys.stderr = nowhere
    with open(pipe, "w", encoding="utf-8") as out:
        for position, script in enumerate(scripts):
            if stopped and position == 0:
                result = read_literally(environment, script, stopped)
            else:
                result = run(environment, script)
            print(wire.dumps(result), file=out, flush=True)


def _read(pipe: int, done: list[Run], wanted: int, limit: float) -> str:
    """Read runs until all are there; return why they stopped coming, empty when they did not."""
    pending = b""
    deadline = time.monotonic() + limit
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(done) < wanted:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return f"upgrade() was still running after {limit:g} s"
            chunk = os.read(pipe, _CHUNK)
            if not chunk:
                return "upgrade() ended the process"
            *lines, pending = (pending + chunk).split(b"\n")
            done.extend(wire.loads(line) for line in lines)
            if lines:
                deadline = time.monotonic() + limit
    return ""


def _first_line(script: Script) -> int:
    upgrade = inspect.unwrap(getattr(script.module, "upgrade", None))  # type: ignore[arg-type]
    code = getattr(upgrade, "__code__", None)
    return code.co_firstlineno if code else 1


def _reason(error: BaseException) -> str:
    if isinstance(error, ReadsDatabaseError | NoInspectionAvailable):
        return "upgrade() reads the database, which only a real run can answer"
    text = str(error).partition("\n")[0]
    if isinstance(error, NeedsConnectionError):
        return f"upgrade() needs a real connection: it, or a Session of its, calls {text}"
    if isinstance(error, OutofbandError):
        return ": ".join(filter(None, (error.what, error.why)))
    if isinstance(error, SystemExit):
        return "upgrade() exits"
    return f"upgrade() raises {type(error).__name__}" + (f": {text}" if text else "")


def _line(error: BaseException, path: str) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 1 for f in reversed(frames) if f.filename == path), 1)
