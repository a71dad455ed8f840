"""The source files of the modules that a revision imports, found without importing anything."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Modules:
    """Modules below some folders, which come first on the search path of the project."""

    folders: Sequence[Path]
    _trees: dict[str, ast.Module | None] = field(default_factory=dict)

    def tree(self, name: str) -> ast.Module | None:
        """Return the syntax tree of a module, None where it is not below the folders."""
        if name not in self._trees:
            self._trees[name] = self._parsed(name)
        return self._trees[name]

    def _parsed(self, name: str) -> ast.Module | None:
        inside = Path(*name.split("."))
        for folder in self.folders:
            for path in ((folder / inside).with_suffix(".py"), folder / inside / "__init__.py"):
                if path.is_file():
                    try:
                        return ast.parse(path.read_bytes())
                    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                        return None
        return None
