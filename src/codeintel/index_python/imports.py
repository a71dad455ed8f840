"""What import statements bind, and which modules and names they mention."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from codeintel.index_python import places
from codeintel.index_python.scopes import Imported
from codeintel.index_python.source import Place, Source


class ImportedName(NamedTuple):
    """A name in an import statement; ``bound`` where the statement binds it in its scope."""

    name: str
    place: Place
    imported: Imported
    bound: bool


def absolute(package: str, node: ast.ImportFrom) -> str:
    """Return the module that a ``from`` means in a package; nothing above the topmost one."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    if node.level > len(parts):
        return ""
    parents = parts[: len(parts) - node.level + 1]
    return ".".join([*parents, *filter(None, [node.module])])


def names_of_import(node: ast.Import) -> Iterator[ImportedName]:
    """Yield the names in ``import a.b, c as d``."""
    for alias in node.names:
        parts = list(_module_parts(alias.name, alias.name, places.start(alias)))
        if alias.asname is None:
            parts[0] = parts[0]._replace(bound=True)
            yield from parts
        elif alias.asname == alias.name:
            place = places.end(alias, alias.asname)
            yield from (parts[0], parts[0]._replace(place=place, bound=True))
        else:
            yield from parts
            renamed = Imported(alias.name, renamed=True)
            yield ImportedName(alias.asname, places.end(alias, alias.asname), renamed, True)


def names_of_import_from(
    source: Source, module: str, node: ast.ImportFrom
) -> Iterator[ImportedName]:
    """Yield the names in ``from module import a, b as c``; ``module`` is absolute."""
    first = places.imported_module(source, node)
    if module and node.module and first:
        yield from _module_parts(module, node.module, first)
    for alias in node.names:
        if alias.name == "*":
            continue
        imported = Imported(module, alias.name)
        renamed = alias.asname is not None and alias.asname != alias.name
        yield ImportedName(alias.name, places.start(alias), imported, bound=not renamed)
        if alias.asname is not None:
            place = places.end(alias, alias.asname)
            yield ImportedName(alias.asname, place, imported._replace(renamed=renamed), bound=True)


def _module_parts(absolute: str, written: str, first: Place) -> Iterator[ImportedName]:
    """Yield the parts of a module's name as written: the last ones of its absolute name."""
    names = written.split(".")
    parents = absolute.split(".")[: -len(names)]
    for index, place in enumerate(places.dotted(first, written)):
        module = ".".join([*parents, *names[: index + 1]])
        yield ImportedName(names[index], place, Imported(module), bound=False)
