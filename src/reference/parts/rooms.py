"""The rooms of the framework: the layers that pyproject.toml has, and who imports whom."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from inspect import getdoc
from pathlib import Path

import grimp

import outofband
from reference.weave import one_line, table

_PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def drawing() -> str:
    """Return the layers as a drawing in Mermaid, an arrow for what a room imports.

    Where one room reaches another through a third, the straight arrow is left out.
    """
    layers, imported = _layers(), _imports()
    lines = ["```mermaid", "flowchart TB"]
    for number, layer in enumerate(layers):
        lines.append(f'  subgraph layer{number}[" "]')
        lines += [f'    {name}["{name}"]' for name in layer]
        lines.append("  end")
    for name in sorted(imported):
        lines += [f"  {name} --> {other}" for other in sorted(reduced(name, imported))]
    return "\n".join([*lines, "```"])


def rooms() -> str:
    """Return the table of the rooms from the top down: what each is, and what it imports."""
    imported = _imports()
    rows = [
        (f"[`{name}`](../{_where(name)})", _said(name), ", ".join(sorted(imported[name])))
        for layer in _layers()
        for name in layer
    ]
    return table(("room", "what it is", "imports"), rows)


def _layers() -> list[list[str]]:
    contracts = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]
    (found,) = (c["layers"] for c in contracts["contracts"] if c["id"] == "rooms")
    return [[name.strip() for name in layer.split("|")] for layer in found]


def _imports() -> dict[str, set[str]]:
    graph = grimp.build_graph("outofband")
    names = {name for layer in _layers() for name in layer}
    found: dict[str, set[str]] = {name: set() for name in names}
    for module in graph.modules:
        room = _room(module)
        for other in graph.find_modules_directly_imported_by(module):
            if room in names and _room(other) in names - {room}:
                found[room].add(_room(other))
    return found


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def reduced(name: str, imported: Mapping[str, set[str]]) -> set[str]:
    """Return what a room imports, without what it reaches through another room as well."""
    through = {far for near in imported[name] for far in _reached(near, imported)}
    return imported[name] - through


def _reached(name: str, imported: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        new = imported[todo.pop()] - found
        found |= new
        todo += new
    return found


def _where(name: str) -> str:
    module = import_module(f"outofband.{name}")
    path = Path(str(module.__file__))
    path = path.parent if path.name == "__init__.py" else path
    return path.relative_to(Path(outofband.__file__).parents[2]).as_posix()


def _said(name: str) -> str:
    paragraph = (getdoc(import_module(f"outofband.{name}")) or "").split("\n\n")[0]
    return one_line(paragraph)
