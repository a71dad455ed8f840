"""Which constraints and indexes the revisions declare, by their syntax tree: what the plain form of
one operation depends on that stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import libcst as cst

from outofband.revisions.rewrite.plain import Declared
from outofband.revisions.rewrite.source import (
    bound,
    function_of,
    is_literal,
    is_operation,
    literal,
    operation_name,
)

_KINDS = {
    "create_primary_key_out_of_band": "primary",
    "create_unique_constraint_out_of_band": "unique",
}
_OF_CONSTRAINTS_TOO = ("postgresql_include", "postgresql_nulls_not_distinct")


@dataclass(frozen=True, slots=True)
class Called:
    """An operation that a function of a file calls, with its arguments by name."""

    function: str
    within: str
    arguments: Mapping[str, cst.BaseExpression]


def calls(module: cst.Module) -> tuple[Called, ...]:
    """Return the calls on ``op`` whose arguments can be read."""
    visitor = _Calls(operation_name(module))
    module.visit(visitor)
    return tuple(visitor.found)


def of_all(called: Iterable[Called]) -> Declared:
    """Return what the literal names of all files say, whichever file asks."""
    return _declared([c for c in called if is_literal(next(iter(c.arguments.values())))])


def of_file(called: Iterable[Called], known: Declared) -> Declared:
    """Add what one file says by names that are made up in it."""
    own = _declared(called)
    constraints = {**known.constraints, **own.constraints}
    return Declared(constraints, {**known.consumed, **own.consumed})


def merged(called: Iterable[Called], within: str) -> frozenset[object]:
    """Return the indexes that a function builds and makes a constraint of."""
    here = [c for c in called if c.within == within]
    built = {_name(c, "index_name") for c in here if c.function == "create_index_out_of_band"}
    return frozenset(built & {_name(c, "using_index") for c in here if c.function in _KINDS})


def _declared(called: Iterable[Called]) -> Declared:
    called = tuple(called)
    made = [c for c in called if c.function in _KINDS]
    consumed = {_name(c, "using_index"): _options(c, called) for c in made}
    return Declared({_name(c, "constraint_name"): _KINDS[c.function] for c in made}, consumed)


def _options(promotion: Called, called: Iterable[Called]) -> Mapping[str, cst.BaseExpression]:
    index = _name(promotion, "using_index")
    for one in called:
        if one.function == "create_index_out_of_band" and _name(one, "index_name") == index:
            given = one.arguments
            return {name: given[name] for name in _OF_CONSTRAINTS_TOO if name in given}
    return {}


def _name(called: Called, argument: str) -> object:
    given = called.arguments.get(argument)
    return None if given is None else literal(given)


class _Calls(cst.CSTVisitor):
    def __init__(self, operation: str) -> None:
        super().__init__()
        self.found: list[Called] = []
        self._operation = operation
        self._functions: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node.name.value)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._functions.pop()

    def visit_Call(self, node: cst.Call) -> None:
        if is_operation(node, self._operation):
            function = function_of(node)
            arguments = bound(node, function)
            if arguments:
                self.found.append(Called(function, ".".join(self._functions), arguments))
