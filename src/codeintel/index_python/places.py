"""Where names stand that a syntax tree mentions without their position."""

from __future__ import annotations

import ast
import re

from codeintel.index_python.source import Place, Source

_Located = ast.expr | ast.stmt | ast.pattern | ast.arg | ast.alias | ast.excepthandler

_DEFINITION = re.compile(rb"(?:async\s+)?(?:def|class)\s+")
_FROM = re.compile(rb"from[\s.]*")
_AS = re.compile(rb"[\s)]*as\s+")
_REST = re.compile(rb"[\s,{]*\*\*\s*")
_DECLARATION = re.compile(rb"(?:global|nonlocal)\s+")
_COMMA = re.compile(rb"\s*,\s*")


def start(node: _Located) -> Place:
    """Return the place where a node begins."""
    return Place(node.lineno - 1, node.col_offset)


def end(node: _Located, name: str = "") -> Place:
    """Return the place behind a node, or that of the name which it ends with."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Place(node.end_lineno - 1, node.end_col_offset - len(name.encode()))


def dotted(first: Place, name: str) -> list[Place]:
    """Return the places of the parts of ``a.b.c``, written without blanks, from the first one's."""
    parts = name.encode().split(b".")
    behind = [sum(map(len, parts[:count])) + count for count in range(len(parts))]
    return [Place(first.line, first.column + offset) for offset in behind]


def definition(source: Source, node: ast.stmt) -> Place | None:
    """Return the place of the name of a function or class."""
    return source.after(start(node), _DEFINITION)


def imported_module(source: Source, node: ast.ImportFrom) -> Place | None:
    """Return the place of the module's name in ``from ..module import``."""
    return source.after(start(node), _FROM)


def caught(source: Source, handler: ast.ExceptHandler) -> Place | None:
    """Return the place of the name in ``except E as name``."""
    return None if handler.type is None else source.after(end(handler.type), _AS)


def rest(source: Source, node: ast.MatchMapping) -> Place | None:
    """Return the place of the name in ``case {…, **name}``."""
    return source.after(end(node.patterns[-1]) if node.patterns else start(node), _REST)


def declared(source: Source, node: ast.Global | ast.Nonlocal) -> list[Place]:
    """Return the places of the names in ``global a, b``, as far as they are on one line."""
    found: list[Place] = []
    place = source.after(start(node), _DECLARATION)
    for name in node.names:
        if place is None:
            break
        found.append(place)
        place = source.after(Place(place.line, place.column + len(name.encode())), _COMMA)
    return found
