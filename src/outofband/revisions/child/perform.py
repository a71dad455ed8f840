"""One revision, in the child: its functions run against a Capture, or its syntax tree is read."""

from __future__ import annotations

import ast
import inspect
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script

from outofband.child import Post, TimeUpError
from outofband.errors import OutofbandError
from outofband.revisions.child.absent import noticed
from outofband.revisions.child.asynchronous import run_async
from outofband.revisions.child.capture import Capture
from outofband.revisions.child.merging import batches, merged, plain, unseen
from outofband.revisions.environment import Environment
from outofband.revisions.folded import Chain
from outofband.revisions.syntax.modules import Modules
from outofband.revisions.syntax.reader import Reader
from outofband.revisions.unknown import lacking
from outofband.wire import Run
from outofband_lint.source import Problem, Source

Function = Literal["upgrade", "downgrade"]
_ENGINE = "engine_name"
_ROWS_LIMIT = 2.0
"""Seconds that a function may take with rows that are made up: it may wait for them to run out."""


@dataclass(frozen=True, slots=True)
class Performer:
    """Performs revisions in upgrade order; ``limit`` is in seconds and for each function.

    ``chain`` holds those performed, for the ones that look at the schema. ``executes`` is False
    where nothing of the project may run: all that is known is then in the syntax tree, and in those
    of ``modules``. A revision for several ``databases`` is performed for each that is named.
    """

    environment: Environment
    post: Post
    limit: float
    executes: bool = True
    chain: Chain = field(default_factory=Chain)
    modules: Modules = field(default_factory=partial(Modules, ()))
    databases: Sequence[str] = ()

    def upgrade(self, script: Script, problem: Problem | None = None) -> Run:
        """Return what ``upgrade()`` sends; with a ``problem``, what its syntax tree says."""
        run = self._performed(script, "upgrade", problem)
        self.chain.add(script.revision, run.sources)
        return run

    def downgrade(self, script: Script, problem: Problem | None = None) -> tuple[Source, ...]:
        """Return what ``downgrade()`` sends; nothing where there is none."""
        if problem is None and self.executes and not hasattr(script.module, "downgrade"):
            return ()
        return self._performed(script, "downgrade", problem).sources

    def _performed(self, script: Script, function: Function, problem: Problem | None) -> Run:
        lost = self.post.lost.get((function, script.path))
        if lost:
            problem = Problem(f"{function}() {lost}", _first_line(script, function))
        if problem or not self.executes:
            return self._read(script, function, problem)
        with self.post.doing(function, script.path, self.limit):
            capture, run = self._once(script, function)
        asked = [source.line for source in run.sources if source.rows_read] + capture.assumptions
        if run.problem is None and not asked:
            return run
        return self._completed(script, function, run, asked, is_broken=capture.broken)

    def _once(
        self, script: Script, function: Function, truth: bool | None = None
    ) -> tuple[Capture, Run]:
        capture = Capture(script.path, self.chain, script.revision, truth)
        problem: Problem | None = None
        with (
            EnvironmentContext(
                self.environment.config, self.environment.script, as_sql=True
            ) as holder,
            Operations.context(capture.configure(self.environment, holder)) as operations,
            noticed() as used,
        ):
            vars(operations)["run_async"] = partial(run_async, operations)
            try:
                perform = getattr(script.module, function)
                for arguments in self._calls(perform):
                    perform(**arguments)
            except BaseException as error:
                problem = Problem(_reason(error, function, self.limit), _line(error, script.path))
                capture.broken = isinstance(error, TimeUpError | SystemExit)
        if used:
            capture.broken = True
            problem = Problem(
                f"{function}() uses {used[0]}, which cannot be imported here",
                problem.line if problem else _first_line(script, function),
            )
        return capture, Run(tuple(capture.sources), tuple(capture.steps), problem)

    def _calls(self, perform: Callable[..., object]) -> list[dict[str, str]]:
        """Return what env.py gives a function of a revision, call by call."""
        takes = _ENGINE in inspect.signature(perform).parameters
        return [{_ENGINE: name} for name in self.databases if takes] or [{}]

    def _completed(
        self, script: Script, function: Function, run: Run, asked: list[int], *, is_broken: bool
    ) -> Run:
        """Return a run that ended early, or that rows would have led elsewhere, together with what
        lies behind that line: first what it sends when each question has a row, then the
        operations which the syntax tree gives and no run has reached.

        Where a run with rows comes to its end, the problem of the one without was that it had none.
        """
        start = min([*asked, *([run.problem.line] if run.problem else [])])
        whole, problem = run, run.problem
        excused = bool(asked) and not is_broken
        for other in self._with_rows(script, function) if excused else ():
            whole = merged(whole, plain(other), start)
            problem = problem and other.problem
        read, unread, strangers = self._tree(script, function)
        blocks = batches(Path(script.path), whole)
        hidden = unseen(whole, unread, start, blocks)
        if excused and not hidden and not unseen(whole, strangers, start, blocks):
            problem = None
        if problem is None and hidden:
            problem = replace(
                hidden[0], reason=f"{function}() reads rows, and then {hidden[0].reason}"
            )
        return replace(merged(whole, read, start, blocks), problem=problem)

    def _with_rows(self, script: Script, function: Function) -> Iterator[Run]:
        """Yield runs in which each question has a row: one where all is true, and one where all is
        false.
        """
        for truth in (True, False):
            doing = f"{function} with rows, {truth}"
            if (doing, script.path) not in self.post.lost:
                with self.post.doing(doing, script.path, min(self.limit, _ROWS_LIMIT)):
                    _, run = self._once(script, function, truth)
                yield run

    def _read(self, script: Script, function: Function, problem: Problem | None) -> Run:
        """Return what the syntax tree gives; what it keeps back is the problem, if none is."""
        lost = self.post.lost.get(("syntax tree", script.path))
        if lost:
            return Run(problem=problem or Problem(f"reading {function}() {lost}", 1))
        with self.post.doing("syntax tree", script.path, self.limit):
            try:
                run, *unread = self._tree(script, function)
            except TimeUpError:
                reason = f"reading {function}() took longer than {self.limit:g} s"
                return Run(problem=problem or Problem(reason, 1))
        if problem is None and any(unread):
            first = min(chain.from_iterable(unread), key=lambda p: p.line)
            problem = replace(first, reason=f"{function}() was not run, and {first.reason}")
        return replace(run, problem=problem)

    def _tree(self, script: Script, function: Function) -> tuple[Run, list[Problem], list[Problem]]:
        """Return what the syntax tree gives, what it keeps back, and the calls of other files."""
        try:
            tree = ast.parse(Path(script.path).read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return Run(), [], []
        capture = Capture(script.path, self.chain, script.revision)
        holder = EnvironmentContext(self.environment.config, self.environment.script, as_sql=True)
        operations = Operations(capture.configure(self.environment, holder))
        reader = Reader(tree, operations, capture, self.modules)
        reader.read(function)
        run = Run(tuple(capture.sources), tuple(capture.steps))
        return run, reader.unread, reader.strangers


def _first_line(script: Script, function: Function) -> int:
    found = inspect.unwrap(getattr(script.module, function, None))  # type: ignore[arg-type]
    code = getattr(found, "__code__", None)
    return code.co_firstlineno if code else 1


def _reason(error: BaseException, function: Function, limit: float) -> str:
    text = str(error).partition("\n")[0]
    if isinstance(error, OutofbandError):
        return ": ".join(filter(None, (error.what, error.why)))
    if isinstance(error, TimeUpError):
        return f"{function}() was still running after {limit:g} s"
    if isinstance(error, SystemExit):
        return f"{function}() exits"
    if (why := lacking(error)) is not None:
        return f"{function}() needs a later release: {why}"
    return f"{function}() raises {type(error).__name__}" + (f": {text}" if text else "")


def _line(error: BaseException, path: str) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 1 for f in reversed(frames) if f.filename == path), 1)
