"""What a revision file says about its place in the graph, read without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

_FIELDS = ("revision", "down_revision", "branch_labels", "depends_on")
# For a file that is no Python: what `alembic revision` writes stands on one line each.
_LINE = re.compile(rf"^({'|'.join(_FIELDS)})\s*(?::[^=\n]+)?=\s*(.+?)\s*(?:#.*)?$", re.MULTILINE)


def module_of(path: str) -> ModuleType:
    """Return a module that has what the file says of its place, and nothing to run."""
    module = ModuleType(Path(path).stem)
    module.__file__ = path
    vars(module).update({"down_revision": None, **_fields(Path(path).read_bytes())})
    return module


def _fields(text: bytes) -> dict[str, Any]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        lines = _LINE.findall(text.decode("latin-1"))
        return {name: value for name, told in lines if (value := _literal(told)) is not _UNKNOWN}
    found: dict[str, Any] = {"__doc__": ast.get_docstring(tree, clean=False)}
    for name, value in (pair for node in tree.body for pair in _assigned(node)):
        if (known := _literal(value, found)) is not _UNKNOWN:
            found[name] = known
    return {name: found[name] for name in (*_FIELDS, "__doc__") if name in found}


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.AnnAssign(ast.Name(name), value=value) if value is not None:
            yield name, value
        case ast.Assign(targets, value):
            for target in targets:
                yield from _pairs(target, value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ast.Name(name), _:
            yield name, value
        case (ast.Tuple(targets), ast.Tuple(values)) if len(targets) == len(values):
            for one, its in zip(targets, values, strict=True):
                yield from _pairs(one, its)


_UNKNOWN = object()


def _literal(node: ast.expr | str, names: dict[str, Any] | None = None) -> Any:
    if isinstance(node, ast.Name):
        return (names or {}).get(node.id, _UNKNOWN)
    try:
        return ast.literal_eval(node)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return _UNKNOWN
