"""Which revisions were edited: the syntax tree of ``upgrade()`` is another one than it was."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from outofband_lint.source import Revision

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def edited(then: Iterable[Revision], now: Iterable[Revision]) -> frozenset[str]:
    """Return the ids of the revisions in both whose ``upgrade()`` differs, comments, formatting and
    docstrings apart. A file that changed and is no Python, then or now, counts as edited.
    """
    before = {revision.id: Path(revision.path) for revision in then}
    return frozenset(r.id for r in now if r.id in before and _differ(before[r.id], Path(r.path)))


def _differ(before: Path, after: Path) -> bool:
    old, new = _content(before), _content(after)
    if old == new:
        return False
    trees = _tree(old), _tree(new)
    return None in trees or trees[0] != trees[1]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _tree(content: bytes) -> str | None:
    """Return the ``upgrade()`` in a file as text without places; None where it cannot be read."""
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [n for n in module.body if isinstance(n, _Function) and n.name == "upgrade"]
    for function in found:
        if ast.get_docstring(function, clean=False) is not None:
            function.body = function.body[1:]
    return "\n".join(ast.dump(function) for function in found)
