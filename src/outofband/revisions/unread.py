"""Whether a revision that could not be run may declare steps that its syntax tree kept back."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from alembic.script import Script

OURS = "_out_of_band"
_LIBRARIES = sys.stdlib_module_names | {"alembic", "sqlalchemy", "outofband", "__future__"}


def may_declare_more(script: Script, known: int) -> bool:
    """Tell whether more than the ``known`` steps may be declared by ``upgrade()`` or by a helper.

    A call of one of our operations counts wherever it stands but in ``downgrade()``; so does
    a call in a module that the revision imports, however deep, though not below installed ones.
    """
    tree = _tree(script.path)
    if tree is None:
        return True
    calls = sum(_calls_ours(n) for s in tree.body if not _is_downgrade(s) for n in ast.walk(s))
    return calls > known or _mentioned_below(tree, set())


def _mentioned_below(tree: ast.Module, seen: set[str]) -> bool:
    for name in _imported(tree):
        path = getattr(sys.modules.get(name), "__file__", None)
        if path is None or path in seen:
            continue
        seen.add(path)
        helper = _tree(path)
        if helper is None or any(_calls_ours(node) for node in ast.walk(helper)):
            return True
        if "site-packages" not in path and _mentioned_below(helper, seen):
            return True
    return False


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the modules outside the known libraries that a module may import."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.split(".")[0] not in _LIBRARIES)


def _calls_ours(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr.endswith(OURS)


def _is_downgrade(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "downgrade"


def _tree(path: str) -> ast.Module | None:
    try:
        return ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
