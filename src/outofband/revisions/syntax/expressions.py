"""What an expression of a revision evaluates to without running the revision."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from sqlalchemy import Column
from sqlalchemy.schema import conv

from outofband.revisions.syntax import trusted
from outofband.revisions.syntax.known import (
    ATTRIBUTES,
    UNKNOWN,
    Batch,
    NotLiteralError,
    Of,
    OfBatch,
    Special,
    Unread,
)
from outofband.revisions.syntax.operators import BINARY, COMPARED, UNARY, require_end
from outofband.revisions.syntax.trusted import NotTrustedError


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the same file, and the names around it."""

    node: ast.FunctionDef | ast.Lambda
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Deferred:
    """What an import binds: found out when it is asked for, since most of it never is."""

    found: Callable[[], Any]


Call = Callable[[ast.Call, Any, "Names"], Any]
"""Calls what is no plain value: an operation, or a function of the file."""


@dataclass(slots=True)
class Names:
    """The names that a piece of code sees, innermost first; ``call`` calls what sends or runs.

    ``foreign`` are those of another file than the revision's.
    """

    call: Call
    values: dict[str, Any] = field(default_factory=dict)
    outer: Names | None = None
    foreign: bool = False

    @property
    def is_foreign(self) -> bool:
        """Whether the code stands in another file than the revision's."""
        return self.foreign or (self.outer is not None and self.outer.is_foreign)

    def inner(self, values: dict[str, Any] | None = None) -> Names:
        """Return the names of a function or a comprehension inside."""
        return Names(self.call, values or {}, self)

    def named(self, name: str) -> Any:
        """Return what a name stands for, UNKNOWN if only a run could tell."""
        names: Names | None = self
        while names is not None:
            if name in names.values:
                return names.own(name)
            names = names.outer
        return trusted.BUILTINS.get(name, UNKNOWN)

    def own(self, name: str) -> Any:
        """Return what a name of this piece of code itself stands for, UNKNOWN if it has none."""
        found = self.values.get(name, UNKNOWN)
        if isinstance(found, Deferred):
            self.values[name] = UNKNOWN  # for a circle of imports
            found = self.values[name] = found.found()
        return found

    def arguments(self, call: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        """Evaluate the arguments of a call; raises NotLiteralError."""
        keywords: dict[str, Any] = {}
        for keyword in call.keywords:
            value = self.value(keyword.value)
            keywords.update({keyword.arg: value} if keyword.arg else value)
        return self._elements(call.args), keywords

    def value(self, node: ast.expr) -> Any:
        """Evaluate an expression; raises NotLiteralError for what only a run could tell."""
        try:
            found = self._value(node)
        except (NotTrustedError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise NotLiteralError(ast.unparse(node)) from error
        except AttributeError as error:
            raise NotLiteralError(ast.unparse(node)) from error
        if found is UNKNOWN:
            raise NotLiteralError(ast.unparse(node))
        return found

    def known(self, node: ast.expr) -> Any:
        """Evaluate an expression, to UNKNOWN where only a run could tell."""
        try:
            return self.value(node)
        except NotLiteralError:
            return UNKNOWN

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return self.named(name)
            case ast.List(elements):
                return self._elements(elements)
            case ast.Tuple(elements):
                return tuple(self._elements(elements))
            case ast.Set(elements):
                return set(self._elements(elements))
            case ast.Dict():
                return self._dictionary(node)
            case ast.JoinedStr(parts):
                return "".join(self._part(part) for part in parts)
            case ast.Attribute(owner, name):
                return self._attribute(self.value(owner), name)
            case ast.Subscript(owner, index):
                return _container(self.value(owner))[self._index(index)]
            case ast.Call():
                return self._called(node)
            case ast.IfExp(test, body, otherwise):
                return self.value(body if self.value(test) else otherwise)
            case ast.NamedExpr(ast.Name(name), value):
                self.values[name] = self.value(value)
                return self.values[name]
            case ast.Lambda():
                return Function(node, self)
            case ast.BinOp() | ast.UnaryOp() | ast.BoolOp() | ast.Compare():
                return self._computed(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehended(node)
        return UNKNOWN

    def _elements(self, nodes: list[ast.expr]) -> list[Any]:
        values: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values += _container(self.value(node.value))
            else:
                values.append(self.value(node))
        return values

    def _dictionary(self, node: ast.Dict) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            known = self.value(value)
            made.update(known if key is None else {self.value(key): known})
        return made

    def _part(self, part: ast.expr) -> str:
        match part:
            case ast.FormattedValue(value, conversion, spec):
                known = self.value(value)
                if conversion == ord("r") and type(known) in (str, int):
                    known = repr(known)
                elif isinstance(known, Special | Of | Function):
                    raise NotTrustedError
                return format(known, self.value(spec) if spec else "")
            case ast.Constant(str(text)):
                return text
        raise NotTrustedError

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            bounds = (node.lower, node.upper, node.step)
            return slice(*(None if bound is None else self.value(bound) for bound in bounds))
        return self.value(node)

    def _attribute(self, owner: Any, name: str) -> Any:
        match owner:
            case Special():
                return ATTRIBUTES.get((owner, name), Of(owner, name))
            case Batch():
                return OfBatch(owner, name)
            case Names():
                return owner.own(name)
        if owner is sqlalchemy and name == "inspect":
            return Special.INSPECT
        return trusted.attribute(owner, name)

    def _computed(self, node: ast.expr) -> Any:
        match node:
            case ast.BinOp(left, action, right) if type(action) in BINARY:
                one, other = self.value(left), self.value(right)
                require_end(action, one, other)
                return BINARY[type(action)](one, other)
            case ast.UnaryOp(action, operand) if type(action) in UNARY:
                return UNARY[type(action)](self.value(operand))
            case ast.BoolOp(action, values):
                return self._either(isinstance(action, ast.Or), values)
            case ast.Compare(left, [action], [right]):
                return COMPARED[type(action)](self.value(left), self.value(right))
        return UNKNOWN

    def _either(self, wanted: bool, nodes: list[ast.expr]) -> Any:
        """Evaluate ``and`` or ``or``: one side that is known may decide, whatever others are."""
        unknown = False
        value: Any = not wanted
        for node in nodes:
            try:
                value = self.value(node)
            except NotLiteralError:
                unknown = True
            else:
                if bool(value) is wanted:
                    return value
        return UNKNOWN if unknown else value

    def _comprehended(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Any:
        found: list[Any] = []
        element = node.value if isinstance(node, ast.DictComp) else node.elt

        def collect(names: Names) -> None:
            value = names.value(element)
            found.append(
                (names.value(node.key), value) if isinstance(node, ast.DictComp) else value
            )

        self.inner()._through(node.generators, collect)
        if isinstance(node, ast.DictComp):
            return dict(found)
        return set(found) if isinstance(node, ast.SetComp) else found

    def _through(self, generators: list[ast.comprehension], each: Callable[[Names], None]) -> None:
        if not generators:
            each(self)
            return
        first, *others = generators
        for item in _container(self.value(first.iter)):
            self.bind(first.target, item)
            if all(self.value(test) for test in first.ifs):
                self._through(others, each)

    def bind(self, target: ast.expr, value: Any) -> None:
        """Assign a value, UNKNOWN or known, to a name or to several."""
        match target:
            case ast.Name(name):
                self.values[name] = value
            case ast.Tuple(elements) | ast.List(elements):
                known = None
                if value is not UNKNOWN and not any(isinstance(e, ast.Starred) for e in elements):
                    with suppress(NotTrustedError):
                        known = [*_container(value)]
                if known is None or len(known) != len(elements):
                    known = [UNKNOWN] * len(elements)
                for element, part in zip(elements, known, strict=True):
                    self.bind(element, part)
            case ast.Starred(name):
                self.bind(name, value)
            case ast.Subscript(owner, index):
                with suppress(NotLiteralError, NotTrustedError, TypeError):
                    _container(self.value(owner))[self.value(index)] = value

    def _called(self, node: ast.Call) -> Any:
        try:
            function = self.value(node.func)
        except NotLiteralError:
            return self.call(node, UNKNOWN, self)
        match function:
            case Of(Special.OP, "f") | OfBatch(_, "f"):
                return conv(self.value(node.args[0]))
            case Special() | Of() | OfBatch() | Function():
                return self.call(node, function, self)
        if function is Column:
            return self._column(node)
        if function is range:
            return range(min(int(self.value(node.args[-1])), trusted.MOST))
        arguments, keywords = self.arguments(node)
        if any(isinstance(v, Special) for v in (*arguments, *keywords.values())):
            return self.call(node, function, self)
        if any(v is UNKNOWN for v in (*arguments, *keywords.values())):
            raise NotTrustedError
        try:
            return trusted.call(function, arguments, keywords)
        except NotTrustedError:
            raise
        except Exception as error:
            raise NotLiteralError(ast.unparse(node)) from error

    def _column(self, call: ast.Call) -> Column[Any]:
        """Make a column without what only a run could tell: the table is known in any case."""
        arguments = [self._or_unread(argument) for argument in call.args]
        keywords = {k.arg: self._or_unread(k.value) for k in call.keywords if k.arg}
        known = {k: value for k, value in keywords.items() if not isinstance(value, Unread)}
        return Column(*arguments, **known)

    def _or_unread(self, node: ast.expr) -> Any:
        try:
            return self.value(node)
        except NotLiteralError:
            return Unread()


def _container(value: Any) -> Any:
    """Return what may be indexed and iterated without running anything; raises NotTrustedError."""
    kinds = (str, list, tuple, dict, set, frozenset, range, enumerate, zip, reversed)
    if isinstance(value, (*kinds, enum.EnumMeta)):
        return value
    if type(value).__module__.startswith(("sqlalchemy.sql.base", "builtins")):
        return value
    raise NotTrustedError
