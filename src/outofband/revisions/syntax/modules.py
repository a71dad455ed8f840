"""The source files of the modules that a revision imports, found without importing anything.

Where the project's code may run, its modules have been imported: what is installed beside it, an
application in site-packages for one, is then found by what Python has loaded.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Modules:
    """Modules below some folders, which come first on the search path of the project; with
    ``loaded`` also those that have been imported.
    """

    folders: Sequence[Path]
    loaded: bool = False
    _trees: dict[str, ast.Module | None] = field(default_factory=dict)

    def tree(self, name: str) -> ast.Module | None:
        """Return the syntax tree of a module, None where it is not below the folders."""
        if name not in self._trees:
            self._trees[name] = self._parsed(name)
        return self._trees[name]

    def _parsed(self, name: str) -> ast.Module | None:
        path = self._path(name)
        try:
            return ast.parse(path.read_bytes()) if path else None
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def _path(self, name: str) -> Path | None:
        inside = Path(*name.split("."))
        for folder in self.folders:
            for path in ((folder / inside).with_suffix(".py"), folder / inside / "__init__.py"):
                if path.is_file():
                    return path
        known = getattr(sys.modules.get(name), "__file__", None) if self.loaded else None
        return Path(known) if isinstance(known, str) and known.endswith(".py") else None
