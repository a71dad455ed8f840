"""env.py with the guard around its migrations, and without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import libcst as cst

from outofband.revisions.rewrite.source import call_of, dotted, function_of, parsed

MODULE, NAME = "outofband.deploy", "guard"
_Statement: TypeAlias = cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]


@dataclass(frozen=True, slots=True)
class Guarded:
    """An env.py's text, and how many of its runs the edit has changed."""

    text: bytes
    changed: int


def with_guard(path: Path, text: bytes) -> Guarded:
    """Put ``guard(connection)`` around each run of the migrations on a connection that
    ``context.configure()`` is given by name in the same function. Raises SourceOdd.
    """
    adding = _Adding()
    module = parsed(path, text).visit(adding)
    if not adding.changed:
        return Guarded(text, 0)
    body = [*module.body]
    body.insert(_behind_imports(body), cst.parse_statement(f"from {MODULE} import {NAME}"))
    return Guarded(module.with_changes(body=body).bytes, adding.changed)


def without_guard(path: Path, text: bytes) -> Guarded:
    """Take the guard and its import away; what it stood around stays where it is. Raises
    SourceOdd.
    """
    removing = _Removing()
    module = parsed(path, text).visit(removing)
    return Guarded(module.bytes if removing.changed else text, removing.changed)


def _behind_imports(body: Sequence[cst.BaseStatement]) -> int:
    """Return the place behind the last import at the top of a file."""
    imports = [
        number
        for number, statement in enumerate(body)
        if isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Import | cst.ImportFrom)
    ]
    first = next((n for n, s in enumerate(body) if n not in imports and not _is_text(s)), len(body))
    top = [number for number in imports if number < first] or imports[:1]
    return top[-1] + 1 if top else 0


def _is_text(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        getattr(statement.body[0], "value", None), cst.SimpleString
    )


def _is_method(call: cst.Call | None, name: str) -> bool:
    return call is not None and function_of(call) == name


class _Adding(cst.CSTTransformer):
    def __init__(self) -> None:
        super().__init__()
        self.changed = 0
        self._connections: list[cst.BaseExpression | None] = [None]
        self._withs: list[cst.With] = []
        self._guarded: dict[int, cst.BaseExpression] = {}

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._connections.append(None)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._connections.pop()
        return updated_node

    def visit_Call(self, node: cst.Call) -> None:
        if _is_method(node, "configure"):
            given = (a.value for a in node.args if a.keyword and a.keyword.value == "connection")
            self._connections[-1] = next(given, None)

    def visit_With(self, node: cst.With) -> None:
        self._withs.append(node)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        self._withs.pop()
        connection = self._guarded.pop(id(original_node), None)
        if connection is None:
            return updated_node
        first = cst.WithItem(_guard(connection), comma=_COMMA)
        return updated_node.with_changes(items=[first, *updated_node.items])

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> _Statement:
        connection = self._connections[-1]
        if not _is_method(call_of(original_node), "run_migrations") or not _is_named(connection):
            return updated_node
        assert connection is not None
        if any(_guards(item, NAME) for block in self._withs for item in block.items):
            return updated_node
        self.changed += 1
        if self._withs and _begins(self._withs[-1]):
            self._guarded[id(self._withs[-1])] = connection
            return updated_node
        inner = updated_node.with_changes(leading_lines=[])
        return cst.With(
            [cst.WithItem(_guard(connection))],
            cst.IndentedBlock([inner]),
            leading_lines=updated_node.leading_lines,
        )


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _guard(connection: cst.BaseExpression) -> cst.Call:
    return cst.Call(cst.Name(NAME), [cst.Arg(connection)])


def _is_named(node: cst.BaseExpression | None) -> bool:
    """Tell whether an expression means the same each time: no call makes another connection."""
    match node:
        case cst.Name():
            return True
        case cst.Attribute(value) | cst.Subscript(value):
            return _is_named(value)
    return False


def _begins(block: cst.With) -> bool:
    """Tell ``with context.begin_transaction():``."""
    return (
        len(block.items) == 1
        and isinstance(call := block.items[0].item, cst.Call)
        and (_is_method(call, "begin_transaction"))
    )


def _guards(item: cst.WithItem, name: str) -> bool:
    call = item.item
    if not isinstance(call, cst.Call):
        return False
    called = dotted(call.func)
    return called == name or called.endswith(("deploy.guard", "guard.guard"))


class _Removing(cst.CSTTransformer):
    def __init__(self) -> None:
        super().__init__()
        self.changed = 0
        self._name = NAME

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> Any:
        if not dotted(updated_node.module).startswith(MODULE) or isinstance(
            updated_node.names, cst.ImportStar
        ):
            return updated_node
        kept = [alias for alias in updated_node.names if alias.evaluated_name != NAME]
        for alias in updated_node.names:
            if alias.evaluated_name == NAME:
                self._name = alias.evaluated_alias or NAME
        if not kept:
            return cst.RemoveFromParent()
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(names=kept)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> _Statement:
        kept = [item for item in updated_node.items if not _guards(item, self._name)]
        if len(kept) == len(updated_node.items):
            return updated_node
        self.changed += 1
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return updated_node.with_changes(items=kept)
        body: list[Any] = [*updated_node.body.body]
        if not isinstance(updated_node.body, cst.IndentedBlock):
            body = [cst.SimpleStatementLine(body)]
        lines = [*updated_node.leading_lines, *body[0].leading_lines]
        body[0] = body[0].with_changes(leading_lines=lines)
        # A comment at the end of a block has no place of its own behind it.
        below = [line for line in getattr(updated_node.body, "footer", ()) if line.comment]
        body[-1] = body[-1].with_changes(leading_lines=[*body[-1].leading_lines, *below])
        return cst.FlattenSentinel(body)
