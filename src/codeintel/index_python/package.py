"""The files of an installed package, found without importing it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path

from outofband.errors import Misuse


class PackageNotInstalled(Misuse):
    """The interpreter finds no top-level package or module of that name."""


class PackageHasNoSource(Misuse):
    """The package is built in, compiled, or a namespace without code of its own."""


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A file of the package: its path from the root, with ``/``, and its dotted name."""

    path: str
    name: str
    is_package: bool


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """An import package (``yaml``, not ``PyYAML``), and the folder that its paths start from."""

    name: str
    version: str
    root: Path
    files: tuple[ModuleFile, ...]


def find_package(name: str) -> InstalledPackage:
    """Return the package that ``import NAME`` would import.

    Raises PackageNotInstalled or PackageHasNoSource.
    """
    try:
        findable = name.isidentifier() and name != "__main__"
        spec = importlib.util.find_spec(name) if findable else None
    except ValueError:  # loaded, and from nowhere
        spec = None
    if spec is None:
        raise PackageNotInstalled(
            f"there is no package {name!r} to index",
            why="this interpreter does not find it",
            do=f"Install it, or name it as import does{_imported_as(name)}",
        )
    root, files = _files(name, spec)
    return InstalledPackage(name, _version(name), root, tuple(files))


def _files(name: str, spec: ModuleSpec) -> tuple[Path, list[ModuleFile]]:
    """Return the root and the files; a package that is compiled may have its source beside."""
    if spec.has_location and spec.origin:
        origin = Path(spec.origin)
        folders = spec.submodule_search_locations
        if not folders and origin.suffix == ".py":
            return origin.parent, [ModuleFile(origin.name, name, is_package=False)]
        root = origin.parent.parent
        paths = sorted(origin.parent.rglob("*.py")) if folders else []
        if paths:
            return root, [_module_file(root, path) for path in paths]
    raise PackageHasNoSource(
        f"the package {name!r} cannot be indexed",
        why="it has no Python source",
        do="Name a package that is installed as .py files",
    )


def _module_file(root: Path, path: Path) -> ModuleFile:
    relative = path.relative_to(root)
    is_package = relative.name == "__init__.py"
    parts = relative.parent.parts if is_package else relative.with_suffix("").parts
    return ModuleFile(relative.as_posix(), ".".join(parts), is_package)


def _version(name: str) -> str:
    distributions = importlib.metadata.packages_distributions().get(name)
    return importlib.metadata.version(min(distributions)) if distributions else ""


def _imported_as(distribution: str) -> str:
    """Return a hint where the name is a distribution's: what that one installs."""
    names = [
        imported
        for imported, distributions in importlib.metadata.packages_distributions().items()
        if distribution in distributions and imported.isidentifier()
    ]
    return f" ({distribution} installs {', '.join(sorted(names))})" if names else ""
