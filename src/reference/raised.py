"""Where our errors are raised, and the words that they are raised with, read from the source.

A part of a text that is only known at run time is shown as `…`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import outofband

GAP = "…"


@dataclass(frozen=True, slots=True, order=True)
class Raised:
    """One place: what it says has happened, why, and what it says to do; empty where it does not
    say.
    """

    what: str
    why: str
    do: str

    @property
    def says_something(self) -> bool:
        """Whether any of it is known before it happens."""
        return any(text.strip(f"{GAP} ") for text in (self.what, self.do))


@cache
def raised() -> dict[str, tuple[Raised, ...]]:
    """Return, by the name of the class, every place that makes one, in a stable order."""
    found: defaultdict[str, set[Raised]] = defaultdict(set)
    for folder in outofband.__path__:
        for path in Path(folder).rglob("*.py"):
            for name, place in _places(ast.parse(path.read_text(encoding="utf-8"))):
                found[name].add(place)
    return {name: tuple(sorted(places)) for name, places in found.items()}


def _places(module: ast.Module) -> Iterator[tuple[str, Raised]]:
    known = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            words = {keyword.arg: _words(keyword.value, known) for keyword in node.keywords}
            what = _words(node.args[0], known)
            yield node.func.id, Raised(what, words.get("why", ""), words.get("do", ""))


def _words(node: ast.expr, known: dict[str, ast.expr]) -> str:
    """Return a text as far as the source tells it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_words(part, known) for part in parts)
        case ast.FormattedValue(value=inner):
            return _words(inner, known)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _words(left, known) + _words(right, known)
        case ast.Name(id=name) if name in known:
            return _words(known[name], {})
    return GAP
