"""The operators of expressions that are evaluated, none of which runs anything of the project."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from outofband.revisions.syntax import trusted
from outofband.revisions.syntax.trusted import NotTrustedError

BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
}
COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}


def require_end(action: ast.operator, one: Any, other: Any) -> None:
    """Raise NotTrustedError for a product that would not end."""
    if isinstance(action, ast.Mult):
        sizes = [v if isinstance(v, int) else len(v) for v in (one, other) if v is not None]
        if len(sizes) == 2 and sizes[0] * sizes[1] > trusted.MOST:
            raise NotTrustedError
