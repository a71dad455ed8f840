"""Which revisions were edited: the syntax tree of ``upgrade()`` is another one than it was."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from outofband_lint.source import Revision

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Print(NamedTuple):
    """What tells a revision's file from another: digests of its content, and of its ``upgrade()``
    without comments, formatting and docstrings, empty where it is no Python.
    """

    content: str
    upgrade: str


def print_of(path: Path) -> Print:
    """Return the print of a file; one that cannot be read counts as empty."""
    content = _content(path)
    return Print(_digest(content), _of_upgrade(content))


def edited(then: Mapping[str, Print], now: Iterable[Revision]) -> frozenset[str]:
    """Return the ids of the revisions in both whose ``upgrade()`` differs, comments, formatting and
    docstrings apart. A file that changed and is no Python, then or now, counts as edited.
    """
    both = ((r.id, then[r.id], Path(r.path)) for r in now if r.id in then)
    return frozenset(id_ for id_, before, path in both if _differ(before, path))


def _differ(before: Print, path: Path) -> bool:
    content = _content(path)
    if _digest(content) == before.content:
        return False
    after = _of_upgrade(content)
    return not after or after != before.upgrade


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _of_upgrade(content: bytes) -> str:
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    found = [n for n in module.body if isinstance(n, _Function) and n.name == "upgrade"]
    for function in found:
        if ast.get_docstring(function, clean=False) is not None:
            function.body = function.body[1:]
    return _digest("\n".join(ast.dump(function) for function in found).encode())
