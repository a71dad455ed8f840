"""Questions about nodes of a syntax tree that need nothing but the node."""

from __future__ import annotations

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return the parameters of a function: positional ones first, then by keyword, then ``*``."""
    extra = [arguments.vararg, arguments.kwarg]
    return [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        *(parameter for parameter in extra if parameter is not None),
    ]


def defaults(arguments: ast.arguments) -> list[ast.expr | None]:
    """Return the default values; None for a keyword that has none."""
    return [*arguments.defaults, *arguments.kw_defaults]


def first_positional(arguments: ast.arguments) -> ast.arg | None:
    """Return the parameter that a method gets its object in."""
    return next(iter([*arguments.posonlyargs, *arguments.args]), None)


def decorators(node: Function) -> set[str]:
    """Return the decorators that are plain names."""
    return {item.id for item in node.decorator_list if isinstance(item, ast.Name)}


def is_super(node: ast.expr) -> bool:
    """Answer whether a node is a call of ``super``."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def unsubscripted(node: ast.expr) -> ast.expr:
    """Return ``A`` of ``A[B]``, any other node as it is."""
    return node.value if isinstance(node, ast.Subscript) else node


def innermost(node: ast.expr) -> ast.expr:
    """Return ``x()`` of ``x().a.b``: what attributes hang on."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def literal_names(node: ast.expr) -> list[str] | None:
    """Return the strings of a literal list or tuple of nothing else, None for any other node."""
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    values = [item.value if isinstance(item, ast.Constant) else None for item in node.elts]
    names = [value for value in values if isinstance(value, str)]
    return names if len(names) == len(values) else None
