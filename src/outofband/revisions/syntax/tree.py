"""What a syntax tree says of a function, a class or a call, before anything of it is followed."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from typing import Any

from outofband.revisions.syntax.expressions import Function, Names
from outofband.revisions.syntax.known import UNKNOWN, NotLiteralError

_DATA = ("insert ", "update ", "delete ", "select ")
_CHANGES = frozenset({"insert", "update", "delete", "select"})


def bound(function: Function, given: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a function by name, UNKNOWN where nothing is known."""
    parameters = function.node.args
    named = [*parameters.posonlyargs, *parameters.args]
    values: dict[str, Any] = {}
    defaults = zip(reversed(named), reversed(parameters.defaults), strict=False)
    keyword_defaults = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
    for argument, default in [*defaults, *keyword_defaults]:
        if default is not None:
            try:
                values[argument.arg] = function.names.value(default)
            except NotLiteralError:
                values[argument.arg] = UNKNOWN
    values.update(zip((a.arg for a in named), given, strict=False))
    if parameters.vararg:
        values[parameters.vararg.arg] = tuple(given[len(named) :])
    known = {a.arg for a in (*named, *parameters.kwonlyargs)}
    if parameters.kwarg:
        values[parameters.kwarg.arg] = {k: v for k, v in keywords.items() if k not in known}
    values.update({k: v for k, v in keywords.items() if k in known})
    return {**dict.fromkeys(known, UNKNOWN), **values}


def enumeration(node: ast.ClassDef, names: Names) -> Any:
    """Return an enumeration of constants; any other class only a run could tell."""
    if not any("Enum" in ast.unparse(base) for base in node.bases):
        return UNKNOWN
    members: dict[str, Any] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                members[statement.targets[0].id] = names.value(statement.value)
            except NotLiteralError:
                return UNKNOWN
    try:
        return enum.Enum(node.name, members)
    except (TypeError, ValueError):
        return UNKNOWN


def returns_nothing(node: ast.FunctionDef | ast.Lambda) -> bool:
    """Tell whether a function returns no value."""
    return not any(isinstance(n, ast.Return) and n.value for n in ast.walk(node))


def questions(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the calls of ``execute()`` whose rows are looped over, or taken from the result."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For):
            asked = node.iter
        elif isinstance(node, ast.Attribute):
            asked = node.value
        else:
            continue
        if isinstance(asked, ast.Call) and ast.unparse(asked.func).endswith(".execute"):
            yield asked


def is_data(node: ast.Call, name: str) -> bool:
    """Tell whether an ``execute()`` that is not known whole asks for rows or changes them."""
    if name != "execute" or not node.args:
        return False
    parts = [*ast.walk(node.args[0])]
    constants = [n for n in parts if isinstance(n, ast.Constant)]
    first = min(constants, key=lambda n: (n.lineno, n.col_offset)).value if constants else ""
    called = {ast.unparse(n.func).rpartition(".")[2] for n in parts if isinstance(n, ast.Call)}
    return bool(called & _CHANGES) or str(first).lower().lstrip().startswith(_DATA)
