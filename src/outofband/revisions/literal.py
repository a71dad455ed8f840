"""The operations of a revision that can be read from its syntax tree without running it.

For revisions that cannot be run offline. Calls ``op.something(...)`` in ``upgrade()`` whose
arguments are literals, constants of the module or made of SQLAlchemy alone are replayed in order,
whatever condition they stand under; the rest is left out.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from alembic.operations import Operations

from outofband.revisions.capture import Capture

_NOT_OPERATIONS = frozenset({"f", "get_bind", "get_context", "inline_literal", "batch_alter_table"})


class NotLiteralError(Exception):
    """An expression that only a run could evaluate."""


def replay(tree: ast.Module, operations: Operations, capture: Capture) -> None:
    """Send and declare what the literal operations of ``upgrade()`` would."""
    names = _Names(tree)
    for call, in_autocommit in _operation_calls(tree, names):
        capture.line = call.lineno
        capture.in_transaction = not in_autocommit
        with suppress(Exception):  # unread.py tells what that may have cost
            _perform(call, operations, names)


def _upgrade_of(tree: ast.Module) -> ast.FunctionDef | None:
    """Return the function ``upgrade()`` of a module."""
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return next((f for f in functions if f.name == "upgrade"), None)


def _perform(call: ast.Call, operations: Operations, names: _Names) -> None:
    assert isinstance(call.func, ast.Attribute)
    arguments = [names.value(argument) for argument in call.args]
    keywords = {_keyword(k): names.value(k.value) for k in call.keywords}
    getattr(operations, call.func.attr)(*arguments, **keywords)


def _keyword(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise NotLiteralError
    return keyword.arg


def _operation_calls(tree: ast.Module, names: _Names) -> Iterator[tuple[ast.Call, bool]]:
    """Yield the calls on ``op`` in source order, and whether an autocommit block is around each."""
    upgrade = _upgrade_of(tree)
    waiting: list[tuple[ast.AST, bool]] = [(upgrade, False)] if upgrade else []
    while waiting:
        node, in_autocommit = waiting.pop()
        if isinstance(node, ast.Call) and names.is_operation(node.func):
            yield node, in_autocommit
        if isinstance(node, ast.With):
            in_autocommit = in_autocommit or any(map(_is_autocommit, node.items))
        children = [(child, in_autocommit) for child in ast.iter_child_nodes(node)]
        waiting.extend(reversed(children))


def _is_autocommit(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "autocommit_block"
    )


class _Names:
    """What the names of a module stand for, as far as that is known without running it."""

    def __init__(self, tree: ast.Module) -> None:
        self._operations = {"op"}
        self._values: dict[str, Any] = {}
        self._constants: dict[str, ast.expr] = {}
        for node in tree.body:
            self._learn(node)
        for name in _assigned_in(tree):
            self._constants.pop(name, None)

    def is_operation(self, function: ast.expr) -> bool:
        """Tell whether a call is an operation of Alembic."""
        return (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id in self._operations
            and function.attr not in _NOT_OPERATIONS
        )

    def value(self, node: ast.expr) -> Any:
        """Evaluate an expression; raises NotLiteralError for what only a run could tell."""
        match node:
            case ast.Constant(value):
                return value
            case ast.List(elements) | ast.Tuple(elements) | ast.Set(elements):
                return [self.value(element) for element in elements]
            case ast.Dict(keys, values) if None not in keys:
                pairs = zip(keys, values, strict=True)
                return {self.value(key): self.value(value) for key, value in pairs if key}
            case ast.UnaryOp(ast.USub(), operand):
                return -self.value(operand)
            case ast.BinOp(left, ast.Add(), right):
                return self.value(left) + self.value(right)
            case ast.JoinedStr(parts):
                return "".join(self._part(part) for part in parts)
            case ast.Name(name):
                return self._named(name)
            case ast.Attribute(owner, name):
                return getattr(self.value(owner), name)
            case ast.Call(function):
                return self._made(node, function)
            case _:
                raise NotLiteralError

    def _made(self, call: ast.Call, function: ast.expr) -> Any:
        arguments = [self.value(argument) for argument in call.args]
        if self._is_f(function):
            return arguments[0]
        keywords = {_keyword(k): self.value(k.value) for k in call.keywords}
        return self.value(function)(*arguments, **keywords)

    def _is_f(self, function: ast.expr) -> bool:
        match function:
            case ast.Attribute(ast.Name(owner), "f"):
                return owner in self._operations
        return False

    def _part(self, part: ast.expr) -> str:
        match part:
            case ast.FormattedValue(value, conversion=-1, format_spec=None):
                return str(self.value(value))
            case ast.Constant(str(text)):
                return text
        raise NotLiteralError

    def _named(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name in self._constants:
            return self.value(self._constants[name])
        raise NotLiteralError

    def _learn(self, node: ast.stmt) -> None:
        match node:
            case ast.Import(aliases):
                for alias in aliases:
                    if alias.name.split(".")[0] == "sqlalchemy":
                        importlib.import_module(alias.name)
                        bound = alias.name if alias.asname else "sqlalchemy"
                        self._values[alias.asname or bound] = importlib.import_module(bound)
            case ast.ImportFrom(str(module), aliases, 0):
                self._learn_from(module, {a.asname or a.name: a.name for a in aliases})
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), value=value):
                if value is not None:
                    self._constants[name] = value

    def _learn_from(self, module: str, names: Mapping[str, str]) -> None:
        if module == "alembic":
            self._operations.update(bound for bound, name in names.items() if name == "op")
        if module.split(".")[0] == "sqlalchemy":
            owner = importlib.import_module(module)
            self._values.update({bound: getattr(owner, name) for bound, name in names.items()})


def _assigned_in(tree: ast.Module) -> set[str]:
    """Return the names that are bound inside a function: they may hide a constant."""
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    inside = [node for function in functions for node in ast.walk(function)]
    stored = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {n.arg for n in inside if isinstance(n, ast.arg)}
