"""What imports bind: of libraries what may be used, of the project's modules what these define."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from outofband.revisions.syntax import trusted
from outofband.revisions.syntax.expressions import Call, Deferred, Names
from outofband.revisions.syntax.known import UNKNOWN, Special
from outofband.revisions.syntax.modules import Modules
from outofband.revisions.syntax.trusted import NotTrustedError

_CONTEXTS = {"op": Special.OP, "context": Special.CONTEXT}
_LIBRARIES = sys.stdlib_module_names | {"alembic", "sqlalchemy", "__future__"}


class Imports:
    """The imports of a file, and of the files that it imports.

    ``follow`` reads a module's tree into its names, whose calls ``call`` makes. ``foreign`` are the
    names that are bound to what other files define.
    """

    def __init__(
        self, modules: Modules, call: Call, follow: Callable[[ast.Module, Names], None]
    ) -> None:
        self.foreign: set[str] = set()
        self._modules, self._call, self._follow = modules, call, follow
        self._read: dict[str, Names] = {}

    def bind(self, node: ast.Import | ast.ImportFrom, names: Names) -> None:
        """Bind the names of an import; nothing is looked for before it is asked for."""
        match node:
            case ast.Import(aliases):
                for alias in aliases:
                    self._import(alias, names)
            case ast.ImportFrom(str(module), aliases, 0):
                for alias in aliases:
                    self._import_from(module, alias, names)
            case ast.ImportFrom(names=aliases):
                self.foreign.update(alias.asname or alias.name for alias in aliases)

    def _import_from(self, module: str, alias: ast.alias, names: Names) -> None:
        bound = alias.asname or alias.name
        names.values[bound] = Deferred(partial(self._from_module, module, alias.name))
        self._meet(module, bound)

    def _from_module(self, module: str, name: str) -> Any:
        known = _imported(module, name)
        if known is UNKNOWN and (there := self._module(module)):
            known = there.own(name)
        if known is UNKNOWN and (whole := self._module(f"{module}.{name}")):
            known = whole
        return known

    def _module(self, name: str) -> Names | None:
        """Return what a module of the project defines, by its syntax tree."""
        if name.partition(".")[0] in _LIBRARIES:
            return None
        if name not in self._read:
            tree = self._modules.tree(name)
            if tree is None:
                return None
            self._read[name] = names = Names(self._call, foreign=True)
            self._follow(tree, names)
        return self._read[name]

    def _import(self, alias: ast.alias, names: Names) -> None:
        top = alias.name.partition(".")[0]
        bound = alias.asname or top
        known = _imported_module(alias.name if alias.asname else top)
        if known is UNKNOWN and alias.asname:
            known = Deferred(lambda: self._module(alias.name) or UNKNOWN)
        names.values[bound] = known
        self._meet(alias.name, bound)

    def _meet(self, module: str, name: str) -> None:
        if module.partition(".")[0] not in _LIBRARIES:
            self.foreign.add(name)


def _imported(module: str, name: str) -> Any:
    if module == "alembic" and name in _CONTEXTS:
        return _CONTEXTS[name]
    if module in ("sqlalchemy", "sqlalchemy.inspection") and name == "inspect":
        return Special.INSPECT
    if name == "Inspector" and module.startswith("sqlalchemy"):
        return Special.INSPECT
    if module in trusted.LIBRARY:
        return trusted.LIBRARY[module].get(name, UNKNOWN)
    with suppress(NotTrustedError, ImportError):
        return trusted.attribute(trusted.module(module), name)
    return UNKNOWN


def _imported_module(name: str) -> Any:
    if name in ("alembic", "alembic.op"):
        return Special.OP if name == "alembic.op" else Special.CONTEXT
    if name in trusted.LIBRARY:
        return UNKNOWN
    try:
        return trusted.module(name)
    except (NotTrustedError, ImportError):
        return UNKNOWN
