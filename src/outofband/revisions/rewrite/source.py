"""Operations as Python source: parsed, named as the file names them, and broken into lines."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib.util import decode_source
from pathlib import Path

import libcst as cst
from alembic.operations import Operations

from outofband.errors import Misuse

_WIDTH = 88
"""Where a call is broken into a line an argument; black's and ruff's default."""


class SourceOdd(Misuse):
    """A file to be edited is no Python, or not in the encoding that it names."""


def parsed(path: Path, text: bytes) -> cst.Module:
    """Parse a file of the project. Raises SourceOdd."""
    try:
        decode_source(text)
        return cst.parse_module(text)
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        why = f"line {line} is not {error.encoding}"
    except cst.ParserSyntaxError as error:
        why = f"it is no Python, from line {error.raw_line} on"
    except SyntaxError as error:
        why = f"it is no Python: {error}"
    raise SourceOdd(f"{path} was not edited", why=why, do="Correct it")


def operation_name(module: cst.Module) -> str:
    """Return what the file calls Alembic's ``op``."""
    for statement in module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for line in statement.body:
            if isinstance(line, cst.ImportFrom) and dotted(line.module) == "alembic":
                return next(_bound(line, "op"), "op")
    return "op"


def _bound(line: cst.ImportFrom, name: str) -> Iterator[str]:
    if isinstance(line.names, cst.ImportStar):
        return
    for alias in line.names:
        if alias.evaluated_name == name:
            yield alias.evaluated_alias or name


def dotted(node: cst.BaseExpression | None) -> str:
    """Return ``a.b.c`` for such an expression, empty for any other."""
    match node:
        case cst.Name(value):
            return value
        case cst.Attribute(value, cst.Name(name)):
            before = dotted(value)
            return f"{before}.{name}" if before else ""
    return ""


def call_of(statement: cst.BaseStatement | cst.BaseSmallStatement) -> cst.Call | None:
    """Return the call that a statement consists of."""
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.Call() as call)]):
            return call
        case cst.Expr(cst.Call() as call):
            return call
    return None


def parsed_call(source: str, operation: str) -> cst.Call:
    """Parse an operation written on ``op``; it comes on the name that the file has for it."""
    call = cst.parse_expression(source)
    assert isinstance(call, cst.Call)
    assert isinstance(call.func, cst.Attribute)
    return call.with_changes(func=call.func.with_changes(value=cst.Name(operation)))


def function_of(call: cst.Call) -> str:
    """Return ``create_index`` for ``op.create_index(…)``."""
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def is_operation(call: cst.Call, operation: str) -> bool:
    """Tell whether a call is one on Alembic's ``op``, which the file calls ``operation``."""
    return isinstance(call.func, cst.Attribute) and dotted(call.func.value) in (
        operation,
        "alembic.op",
    )


def literal(node: cst.BaseExpression) -> object:
    """Return the value of a literal, ``op.f("…")`` included; the code itself where it is none."""
    if isinstance(node, cst.Call) and function_of(node) == "f" and node.args:
        return literal(node.args[0].value)
    code = cst.Module([]).code_for_node(node)
    try:
        value: object = ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return code
    return value


def is_literal(node: cst.BaseExpression) -> bool:
    """Tell whether the value of an expression is known from its code alone."""
    if isinstance(node, cst.Call) and function_of(node) == "f" and node.args:
        return is_literal(node.args[0].value)
    try:
        ast.literal_eval(cst.Module([]).code_for_node(node))
    except (ValueError, SyntaxError):
        return False
    return True


def bound(call: cst.Call, function: str) -> dict[str, cst.BaseExpression] | None:
    """Return a call's arguments by the names that the operation gives them.

    None where a ``*`` or ``**`` hides them, or where there is no such operation.
    """
    operation = getattr(Operations, function, None)
    if operation is None or any(argument.star for argument in call.args):
        return None
    names = [name for name in inspect.signature(operation).parameters if name != "self"]
    arguments: dict[str, cst.BaseExpression] = {}
    for position, argument in enumerate(call.args):
        keyword = argument.keyword
        if keyword is None and position >= len(names):
            return None
        arguments[keyword.value if keyword else names[position]] = argument.value
    return arguments


def without(call: cst.Call, *keywords: str) -> cst.Call:
    """Return the call without these keyword arguments."""
    kept = [a for a in call.args if a.keyword is None or a.keyword.value not in keywords]
    if len(kept) == len(call.args):
        return call
    if kept:
        last = call.args[-1]
        kept[-1] = kept[-1].with_changes(
            comma=last.comma, whitespace_after_arg=last.whitespace_after_arg
        )
    return call.with_changes(args=kept)


def with_keyword(call: cst.Call, name: str, value: cst.BaseExpression) -> cst.Call:
    """Return the call with one more keyword argument at its end, spaced as the others are."""
    last = call.args[-1] if call.args else None
    trailing = last.comma if last is not None else cst.MaybeSentinel.DEFAULT
    separator = (
        call.args[0].comma
        if len(call.args) > 1
        else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    )
    before = [*call.args[:-1], last.with_changes(comma=separator)] if last is not None else []
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    added = cst.Arg(value, keyword=cst.Name(name), equal=equal, comma=trailing)
    return call.with_changes(args=[*before, added])


def fitted(call: cst.Call, indent: int) -> cst.Call:
    """Return the call on one line, or on a line an argument where that would be too long.

    ``indent`` is how many columns stand before it.
    """
    code = cst.Module([]).code_for_node(call)
    if "\n" in code or indent + len(code) <= _WIDTH or not call.args:
        return call
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    outer = cst.ParenthesizedWhitespace(indent=True)
    arguments = [a.with_changes(comma=cst.Comma(whitespace_after=inner)) for a in call.args]
    arguments[-1] = call.args[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return call.with_changes(whitespace_before_args=inner, args=arguments)
