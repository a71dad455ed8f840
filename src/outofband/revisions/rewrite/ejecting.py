"""Revisions without operations of ours: each file before and after, and what stays for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from outofband.revisions.rewrite import declarations
from outofband.revisions.rewrite.declarations import Called
from outofband.revisions.rewrite.eject import PLAIN
from outofband.revisions.rewrite.plain import Calls, Declared, Gone, Left, Written
from outofband.revisions.rewrite.source import (
    bound,
    call_of,
    fitted,
    function_of,
    is_operation,
    operation_name,
    parsed,
)

_MARK = "_out_of_band"
_INDENT = 4


@dataclass(frozen=True, slots=True)
class Remaining:
    """An operation of ours that no plain one replaces; it keeps standing unless it is ``gone``."""

    path: Path
    line: int
    operation: str
    why: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Ejected:
    """One file without our operations: its text, how many were replaced, and what was not."""

    text: bytes
    made: int
    remaining: tuple[Remaining, ...]


def ejected(files: Mapping[Path, bytes]) -> dict[Path, Ejected]:
    """Return each file of revisions with plain operations in place of ours.

    All files come at once, since what one declares says what another's drop means.
    Raises SourceOdd.
    """
    modules = {path: parsed(path, text) for path, text in files.items()}
    called = {path: declarations.calls(module) for path, module in modules.items()}
    known = declarations.of_all(call for calls in called.values() for call in calls)
    return {path: _ejected(path, modules[path], called[path], known) for path in modules}


def _ejected(
    path: Path, module: cst.Module, called: tuple[Called, ...], known: Declared
) -> Ejected:
    editor = _Ejector(path, operation_name(module), called, declarations.of_file(called, known))
    changed = MetadataWrapper(module).visit(editor)
    return Ejected(changed.bytes, editor.made, tuple(editor.remaining))


class _Ejector(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(
        self, path: Path, operation: str, called: tuple[Called, ...], declared: Declared
    ) -> None:
        super().__init__()
        self.made = 0
        self.remaining: list[Remaining] = []
        self._path = path
        self._operation = operation
        self._called = called
        self._declared = declared
        self._functions: list[str] = []
        self._blocks = 0
        self._statements: set[int] = set()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node.name.value)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._functions.pop()
        return updated_node

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._blocks += 1
        calls = [call_of(statement) for statement in node.body]
        self._statements |= {id(call) for call in calls if call is not None}

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        body: list[cst.BaseStatement] = []
        above: list[cst.EmptyLine] = []
        for original, statement in zip(original_node.body, updated_node.body, strict=True):
            lines, statements = self._replaced(original, statement)
            above += lines
            if statements:
                first = statements[0]
                statements[0] = first.with_changes(leading_lines=[*above, *first.leading_lines])
                body, above = [*body, *statements], []
        self._blocks -= 1
        if not body:
            body, above = [cst.SimpleStatementLine([cst.Pass()], leading_lines=above)], []
        return updated_node.with_changes(body=body, footer=[*above, *updated_node.footer])

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if self._is_ours(original_node) and id(original_node) not in self._statements:
            self._remains(original_node, Left("it is no statement of its own"))
        return updated_node

    def _is_ours(self, call: cst.Call) -> bool:
        function = function_of(call)
        return function.endswith(_MARK) or (
            function in PLAIN and is_operation(call, self._operation)
        )

    def _replaced(
        self, original: cst.BaseStatement, statement: cst.BaseStatement
    ) -> tuple[list[cst.EmptyLine], list[Any]]:
        """Return the comments that stay of a statement that goes, or what takes its place."""
        call = call_of(original)
        if call is None or not self._is_ours(call):
            return [], [statement]
        assert isinstance(statement, cst.SimpleStatementLine)
        plain = self._plain(call)
        if isinstance(plain, Left | Gone):
            self._remains(call, plain)
        if isinstance(plain, Left):
            return [], [statement]
        comments = [line for line in statement.leading_lines if line.comment]
        if isinstance(plain, Gone):
            words = f"# {function_of(call)} stood here: {plain.why}."
            return [*comments, cst.EmptyLine(comment=cst.Comment(words))], []
        self.made += 1
        return ([], self._lines(call, plain, statement)) if plain else (comments, [])

    def _plain(self, call: cst.Call) -> Calls | Left | Gone:
        function = function_of(call)
        make = PLAIN.get(function)
        if not is_operation(call, self._operation):
            return Left(f"it is not called on {self._operation}")
        arguments = bound(call, function)
        if make is None or arguments is None:
            why = "its arguments are not told one by one" if make else "this outofband knows none"
            return Left(why)
        merged = declarations.merged(self._called, ".".join(self._functions))
        return make(Written(call, arguments, replace(self._declared, merged=merged)))

    def _lines(
        self, call: cst.Call, plain: Calls, statement: cst.SimpleStatementLine
    ) -> list[cst.SimpleStatementLine]:
        assert isinstance(call.func, cst.Attribute)
        on = call.func.value
        lines = []
        for one in plain:
            assert isinstance(one.func, cst.Attribute)
            named = one.with_changes(func=one.func.with_changes(value=on))
            fit = fitted(named, _INDENT * self._blocks)
            lines.append(cst.SimpleStatementLine([cst.Expr(fit)]))
        lines[0] = lines[0].with_changes(leading_lines=statement.leading_lines)
        trailing = statement.trailing_whitespace
        lines[-1] = lines[-1].with_changes(trailing_whitespace=trailing)
        return lines

    def _remains(self, call: cst.Call, why: Left | Gone) -> None:
        place = self.get_metadata(PositionProvider, call)
        assert isinstance(place, CodeRange)
        gone = isinstance(why, Gone)
        operation = function_of(call)
        self.remaining.append(Remaining(self._path, place.start.line, operation, why.why, gone))
