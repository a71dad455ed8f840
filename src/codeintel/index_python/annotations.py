"""Annotations: expressions that may stand in quotes, and the class that they name."""

from __future__ import annotations

import ast

from codeintel.index_python import places
from codeintel.index_python.source import Place, Source


def unquoted(source: Source, node: ast.Constant) -> ast.expr | None:
    """Return the expression in a quoted annotation, placed where it stands in the module.

    None where it is no expression, or not written plainly between two quotes on one line.
    """
    text = node.value
    if not isinstance(text, str) or source.span(_behind_quote(node), text) is None:
        return None
    try:
        expression = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    place = _behind_quote(node)
    for part in ast.walk(expression):
        if isinstance(part, ast.expr | ast.keyword | ast.arg):
            part.lineno = part.end_lineno = node.lineno
            part.col_offset += place.column
            part.end_col_offset = (part.end_col_offset or 0) + place.column
    return expression


def _behind_quote(node: ast.Constant) -> Place:
    place = places.start(node)
    return Place(place.line, place.column + 1)


def named_class(source: Source, annotation: ast.expr) -> ast.expr | None:
    """Return the class of ``C``, ``"C"``, ``C[int]``, ``C | None`` and ``Optional[C]``."""
    match annotation:
        case ast.Constant(value=str()):
            quoted = unquoted(source, annotation)
            return None if quoted is None else named_class(source, quoted)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return named_class(source, left)
        case ast.Subscript(value=value, slice=inner) if is_named(value, "Optional"):
            return named_class(source, inner)
        case ast.Subscript(value=value):
            return value
        case _:
            return annotation


def is_named(node: ast.expr, name: str) -> bool:
    """Answer whether a node is the name, or an attribute of that name."""
    match node:
        case ast.Name(id=found) | ast.Attribute(attr=found):
            return found == name
        case _:
            return False
