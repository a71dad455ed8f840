"""What several readings of one revision give together, each statement once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from outofband.model.step import Step
from outofband.wire import Run
from outofband_lint.source import Problem, Source

Sent = tuple[Source, Step | None]


def merged(run: Run, other: Run, start: int, blocks: Sequence[range] = ()) -> Run:
    """Return a run with the statements of another one from line ``start`` on, where the first has
    not reached the line, is not done with the lines of ``blocks``, and sends no such statement.

    They stand where their line belongs: a function is seldom run from its end to its beginning.
    """
    sent = [*run.in_order()]
    reached = {source.line for source, _ in sent}
    texts = {source.sql for source, _ in sent if source.sql}
    asked = next((n for n, (s, _) in enumerate(sent) if s.rows_read), -1)
    for source, step in other.in_order():
        is_done = source.line in reached or any(source.line in block for block in blocks)
        if source.line >= start and not is_done and source.sql not in texts:
            _insert(sent, (source, step), asked + 1)
    sources = tuple(source for source, _ in sent)
    return replace(run, sources=sources, steps=tuple(step for _, step in sent if step is not None))


def plain(run: Run) -> Run:
    """Return a run without what is not so whatever the rows are: a step whose name is made up is
    nobody's step, and what goes back is a handler of errors that the rows may have made.
    """
    sources = [
        source
        for source in run.sources
        if not source.out_of_band and source.barrier is None and source.sql != "ROLLBACK"
    ]
    return replace(run, sources=tuple(sources), steps=())


def _insert(sent: list[Sent], new: Sent, earliest: int) -> None:
    line = new[0].line
    later = (n for n in range(earliest, len(sent)) if sent[n][0].line > line)
    sent.insert(next(later, len(sent)), new)


def unseen(
    run: Run, problems: Iterable[Problem], start: int, blocks: Sequence[range]
) -> list[Problem]:
    """Return the problems from line ``start`` on whose lines a run has not reached, and which are
    not in ``blocks``.
    """
    reached = {source.line for source in run.sources}
    return [
        problem
        for problem in problems
        if problem.line >= start
        and problem.line not in reached
        and not any(problem.line in block for block in blocks)
    ]


def batches(path: Path, run: Run) -> list[range]:
    """Return the lines of each ``with op.batch_alter_table(…)`` that a run has been through.

    The operations of a batch are sent where its block ends, which is the line of its ``with``.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    reached = {source.line for source in run.sources}
    return [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and node.lineno in reached
        and any("batch_alter_table" in ast.unparse(item.context_expr) for item in node.items)
    ]
