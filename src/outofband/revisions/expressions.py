"""What an expression of a revision evaluates to without running the revision."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Column
from sqlalchemy.schema import conv
from sqlalchemy.types import UserDefinedType

_NOT_OPERATIONS = frozenset({"f", "get_bind", "get_context", "inline_literal", "batch_alter_table"})


class NotLiteralError(Exception):
    """An expression that only a run could evaluate."""


class _Unread(UserDefinedType[Any]):
    """The type of a column whose own type another library has."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "unread"


class Names:
    """What the names of a module stand for, as far as that is known without running it."""

    def __init__(self, tree: ast.Module) -> None:
        self._operations = {"op"}
        self._values: dict[str, Any] = {}
        self._constants: dict[str, ast.expr] = {}
        for node in tree.body:
            self._learn(node)
        for name in _assigned_in(tree):
            self._constants.pop(name, None)

    def is_operation(self, function: ast.expr, batches: Collection[str]) -> bool:
        """Tell whether a call is an operation of Alembic, on ``op`` or on one of the batches."""
        match function:
            case ast.Attribute(ast.Name(owner), name):
                return owner in {*self._operations, *batches} and name not in _NOT_OPERATIONS
        return False

    def is_batch(self, function: ast.expr) -> bool:
        """Tell whether a call is ``op.batch_alter_table(...)``."""
        match function:
            case ast.Attribute(ast.Name(owner), "batch_alter_table"):
                return owner in self._operations
        return False

    def arguments(self, call: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        """Evaluate the arguments of a call; raises NotLiteralError."""
        arguments = [self.value(argument) for argument in call.args]
        return arguments, {_keyword(k): self.value(k.value) for k in call.keywords}

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
        match function:
            case ast.Attribute(ast.Name(), "f"):  # of op, or of a batch
                return conv(self.value(call.args[0]))
        made = self.value(function)
        if made is Column:
            return self._column(call)
        arguments, keywords = self.arguments(call)
        return made(*arguments, **keywords)

    def _column(self, call: ast.Call) -> Column[Any]:
        """Make a column without what only a run could tell: the table is known in any case."""
        arguments = [self._or(argument, _Unread()) for argument in call.args]
        keywords = {_keyword(k): self._or(k.value, _Unread()) for k in call.keywords}
        known = {k: value for k, value in keywords.items() if not isinstance(value, _Unread)}
        return Column(*arguments, **known)

    def _or(self, node: ast.expr, otherwise: Any) -> Any:
        try:
            return self.value(node)
        except NotLiteralError:
            return otherwise

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
                    self._learn_module(alias)
            case ast.ImportFrom(str(module), aliases, 0):
                self._learn_from(module, {a.asname or a.name: a.name for a in aliases})
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), value=value):
                if value is not None:
                    self._constants[name] = value

    def _learn_module(self, alias: ast.alias) -> None:
        if alias.name.split(".")[0] == "sqlalchemy":
            with suppress(ImportError):
                importlib.import_module(alias.name)
                bound = alias.name if alias.asname else "sqlalchemy"
                self._values[alias.asname or bound] = importlib.import_module(bound)

    def _learn_from(self, module: str, names: Mapping[str, str]) -> None:
        if module == "alembic":
            self._operations.update(bound for bound, name in names.items() if name == "op")
        if module.split(".")[0] == "sqlalchemy":
            with suppress(ImportError):
                owner = importlib.import_module(module)
                there = {bound: name for bound, name in names.items() if hasattr(owner, name)}
                self._values.update({b: getattr(owner, name) for b, name in there.items()})


def _assigned_in(tree: ast.Module) -> set[str]:
    """Return the names that are bound inside a function: they may hide a constant."""
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    inside = [node for function in functions for node in ast.walk(function)]
    stored = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {n.arg for n in inside if isinstance(n, ast.arg)}


def _keyword(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise NotLiteralError
    return keyword.arg
