"""Which branches of an ``upgrade()`` a run on PostgreSQL would not take, by its syntax tree.

Only what compares the name of the dialect with literals is decided; any other condition may hold.
"""

from __future__ import annotations

import ast

_DIALECT = "postgresql"


class Conditions:
    """The conditions in one function, whose variables may hold the dialect's name."""

    def __init__(self, function: ast.AST) -> None:
        held: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                held.setdefault(node.targets[0].id, []).append(node.value)
        self._names = {name for name, values in held.items() if all(map(_is_dialect_name, values))}

    def taken(self, node: ast.If) -> list[ast.stmt]:
        """Return the statements of an ``if`` that may run."""
        match self._holds(node.test):
            case True:
                return node.body
            case False:
                return node.orelse
        return [*node.body, *node.orelse]

    def _holds(self, test: ast.expr) -> bool | None:
        """Return whether a condition holds, None where only a run could tell."""
        match test:
            case ast.UnaryOp(ast.Not(), operand):
                held = self._holds(operand)
                return None if held is None else not held
            case ast.BoolOp(ast.And(), values) if False in map(self._holds, values):
                return False
            case ast.BoolOp(ast.Or(), values) if True in map(self._holds, values):
                return True
            case ast.Compare(left, [operator], [right]) if self._is_the_dialect(left):
                return _compared(operator, right)
        return None

    def _is_the_dialect(self, node: ast.expr) -> bool:
        return (isinstance(node, ast.Name) and node.id in self._names) or _is_dialect_name(node)


def _is_dialect_name(node: ast.expr) -> bool:
    """Tell ``….dialect.name`` and ``dialect.name``."""
    match node:
        case ast.Attribute(ast.Attribute(attr="dialect") | ast.Name("dialect"), "name"):
            return True
    return False


def _compared(operator: ast.cmpop, right: ast.expr) -> bool | None:
    match operator, right:
        case (ast.Eq() | ast.NotEq(), ast.Constant(str(name))):
            return (name == _DIALECT) is isinstance(operator, ast.Eq)
        case (ast.In() | ast.NotIn(), ast.Tuple(names) | ast.List(names) | ast.Set(names)):
            known = [name.value for name in names if isinstance(name, ast.Constant)]
            if len(known) == len(names):
                return (_DIALECT in known) is isinstance(operator, ast.In)
    return None
