"""The operations of a revision that can be read from its syntax tree without running it.

For revisions that cannot be run offline. Calls ``op.something(...)`` in ``upgrade()`` whose
arguments are literals, constants of the module or made of SQLAlchemy alone are replayed in order,
those of ``with op.batch_alter_table(...)`` too, whatever condition they stand under unless it is
one for another dialect; the rest is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from alembic.operations import Operations

from outofband.revisions.branches import Conditions
from outofband.revisions.capture import STOPS, Capture
from outofband.revisions.expressions import Names


@dataclass(frozen=True, slots=True)
class _Scope:
    """What surrounds a call: an autocommit block, and batches by the name that each is bound to."""

    in_autocommit: bool = False
    batches: Mapping[str, ast.Call] = field(default_factory=dict)


def replay(tree: ast.Module, operations: Operations, capture: Capture) -> None:
    """Send and declare what the literal operations of ``upgrade()`` would."""
    names = Names(tree)
    for call, scope in _operation_calls(tree, names):
        capture.line = call.lineno
        capture.in_transaction = not scope.in_autocommit
        with suppress(Exception, *STOPS):  # unread.py tells what that may have cost
            _perform(call, scope, operations, names)


def _upgrade_of(tree: ast.Module) -> ast.FunctionDef | None:
    """Return the function ``upgrade()`` of a module."""
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return next((f for f in functions if f.name == "upgrade"), None)


def _perform(call: ast.Call, scope: _Scope, operations: Operations, names: Names) -> None:
    assert isinstance(call.func, ast.Attribute)
    assert isinstance(call.func.value, ast.Name)
    arguments, keywords = names.arguments(call)
    with _target(scope.batches.get(call.func.value.id), operations, names) as target:
        getattr(target, call.func.attr)(*arguments, **keywords)


def _target(
    batch: ast.Call | None, operations: Operations, names: Names
) -> AbstractContextManager[Any]:
    """Return what a call is made on: ``op``, or a batch of its own like the one around it."""
    if batch is None:
        return nullcontext(operations)
    arguments, keywords = names.arguments(batch)
    return operations.batch_alter_table(*arguments, **keywords)


def _operation_calls(tree: ast.Module, names: Names) -> Iterator[tuple[ast.Call, _Scope]]:
    """Yield the calls on ``op`` and on its batches in source order, and what is around each."""
    upgrade = _upgrade_of(tree)
    waiting: list[tuple[ast.AST, _Scope]] = [(upgrade, _Scope())] if upgrade else []
    conditions = Conditions(upgrade) if upgrade else None
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, ast.Call) and names.is_operation(node.func, scope.batches):
            yield node, scope
        if isinstance(node, ast.With):
            scope = _within(node, scope, names)
        if isinstance(node, ast.If) and conditions:
            children: list[ast.AST] = [node.test, *conditions.taken(node)]
        else:
            children = list(ast.iter_child_nodes(node))
        waiting.extend((child, scope) for child in reversed(children))


def _within(node: ast.With, scope: _Scope, names: Names) -> _Scope:
    for item in node.items:
        match item:
            case ast.withitem(ast.Call(ast.Attribute(attr="autocommit_block"))):
                scope = replace(scope, in_autocommit=True)
            case ast.withitem(ast.Call(function) as batch, ast.Name(name)):
                if names.is_batch(function):
                    scope = replace(scope, batches={**scope.batches, name: batch})
    return scope
