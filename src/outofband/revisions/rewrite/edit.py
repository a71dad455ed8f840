"""One revision's file, with other operations in its ``upgrade()``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from outofband.revisions.rewrite.choose import Edit
from outofband.revisions.rewrite.source import (
    bound,
    call_of,
    dotted,
    fitted,
    function_of,
    operation_name,
    parsed_call,
    with_keyword,
    without,
)

_SISTERS = {
    "create_index": "create_index_out_of_band",
    "drop_index": "drop_index_out_of_band",
}
_NOT_OUT_OF_BAND = ("postgresql_concurrently", "if_exists")
_OF_ONE_DATABASE = "upgrade_"
"""Begins the functions of a revision for several databases, as Alembic's template names them."""
_INDENT = 4

_Replacement: TypeAlias = (
    cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel
)


def edited(module: cst.Module, edits: Sequence[Edit]) -> tuple[cst.Module, tuple[Edit, ...]]:
    """Return the module with the edits made that can be, and those edits.

    An edit can be made where its line is that of a statement in ``upgrade()``, or in that of one
    database (``upgrade_engine1()``), that is one call on
    ``op``, or on the batch of an ``op.batch_alter_table`` block; what a batch's call becomes stands
    behind the block.
    """
    wrapper = MetadataWrapper(module)
    editor = _Editor(operation_name(module), edits)
    changed = wrapper.visit(editor)
    if any("sa." in operation for edit in editor.made for operation in edit.fix.here):
        context = CodemodContext()
        AddImportsVisitor.add_needed_import(context, "sqlalchemy", asname="sa")
        changed = AddImportsVisitor(context).transform_module(changed)
    return changed, tuple(editor.made)


class _Editor(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, operation: str, edits: Sequence[Edit]) -> None:
        super().__init__()
        self.made: list[Edit] = []
        self._operation = operation
        self._edits = edits
        self._functions: list[str] = []
        self._withs: list[cst.With] = []
        self._unwrapped: set[int] = set()
        self._behind: dict[int, list[cst.BaseStatement]] = {}

    # --- where we are

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node.name.value)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._functions.pop()
        if isinstance(updated_node.body, cst.IndentedBlock) and not updated_node.body.body:
            return updated_node.with_changes(body=cst.IndentedBlock([_PASS]))
        return updated_node

    def visit_With(self, node: cst.With) -> None:
        self._withs.append(node)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> _Replacement:
        self._withs.pop()
        behind = self._behind.pop(id(original_node), [])
        if not updated_node.body.body:
            return cst.FlattenSentinel(behind) if behind else cst.RemoveFromParent()
        if _is_autocommit(original_node) and all(
            id(statement) in self._unwrapped for statement in original_node.body.body
        ):
            return cst.FlattenSentinel(_statements(updated_node.body.body))
        return cst.FlattenSentinel([updated_node, *behind]) if behind else updated_node

    # --- what we change

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> _Replacement:
        call = call_of(original_node)
        edit = self._edit_at(original_node)
        if edit is None or call is None or not isinstance(call.func, cst.Attribute):
            return updated_node
        receiver = dotted(call.func.value)
        batch = self._batch(receiver)
        if receiver != self._operation and batch is None:
            return updated_node
        self.made.append(edit)
        statements = list(self._replacements(call, edit, is_batch=batch is not None))
        statements = _commented_as(original_node, statements)
        if batch is not None:
            self._behind.setdefault(id(batch), []).extend(statements)
            return cst.RemoveFromParent()
        if not edit.fix.autocommit:
            self._unwrapped.add(id(original_node))
        return cst.FlattenSentinel(statements) if statements else cst.RemoveFromParent()

    def _edit_at(self, node: cst.SimpleStatementLine) -> Edit | None:
        is_one_databases = any(name.startswith(_OF_ONE_DATABASE) for name in self._functions)
        if "upgrade" not in self._functions and not is_one_databases:
            return None
        place = self.get_metadata(PositionProvider, node)
        assert isinstance(place, CodeRange)
        lines = range(place.start.line, place.end.line + 1)
        found = next((edit for edit in self._edits if edit.line in lines), None)
        # The template of a second revision has a place for each database, and none for any.
        return None if found and found.fix.later and is_one_databases else found

    def _batch(self, receiver: str) -> cst.With | None:
        """Return the block whose batch is called so."""
        for block in reversed(self._withs):
            for item in block.items:
                named = item.asname.name if item.asname else None
                if isinstance(named, cst.Name) and named.value == receiver:
                    return block
        return None

    def _replacements(
        self, call: cst.Call, edit: Edit, *, is_batch: bool
    ) -> Iterator[cst.BaseStatement]:
        fix = edit.fix
        depth = len(self._functions) + sum(not _is_autocommit(block) for block in self._withs)
        indent = _INDENT * (depth + fix.autocommit)
        written = [parsed_call(operation, self._operation) for operation in fix.here]
        if len(written) == 1 and not is_batch:
            written = [_like(call, written[0])]
        statements = [
            cst.SimpleStatementLine([cst.Expr(fitted(operation, indent))]) for operation in written
        ]
        if statements and fix.autocommit and not any(map(_is_autocommit, self._withs)):
            block = cst.parse_statement(
                f"with {self._operation}.get_context().autocommit_block(): x"
            )
            assert isinstance(block, cst.With)
            yield block.with_changes(body=cst.IndentedBlock(statements))
        else:
            yield from statements


_PASS = cst.SimpleStatementLine([cst.Pass()])


def _like(call: cst.Call, wanted: cst.Call) -> cst.Call:
    """Return the call that is wanted, with the arguments as the old call spells them if it can.

    It can where the operation stays the same, or becomes its out-of-band sister.
    """
    old, new = function_of(call), function_of(wanted)
    if old == "execute" or new not in (old, _SISTERS.get(old)):
        return wanted
    given, needed = bound(call, old), bound(wanted, old)
    if given is None or needed is None:
        return wanted
    assert isinstance(call.func, cst.Attribute)
    result = call.with_changes(func=call.func.with_changes(attr=cst.Name(new)))
    if new != old:
        result = without(result, *_NOT_OUT_OF_BAND)
    for name, value in needed.items():
        if name not in given:
            result = with_keyword(result, name, value)
    return result


def _commented_as(
    original: cst.SimpleStatementLine, statements: list[cst.BaseStatement]
) -> list[cst.BaseStatement]:
    """Put the comments above and behind the old statement above and behind the new ones."""
    if not statements:
        return []
    statements[0] = statements[0].with_changes(leading_lines=original.leading_lines)
    if isinstance(statements[-1], cst.SimpleStatementLine):
        trailing = original.trailing_whitespace
        statements[-1] = statements[-1].with_changes(trailing_whitespace=trailing)
    return statements


def _is_autocommit(block: cst.With) -> bool:
    return any(
        isinstance(item.item, cst.Call) and function_of(item.item) == "autocommit_block"
        for item in block.items
    )


def _statements(body: Sequence[object]) -> list[cst.BaseStatement]:
    return [statement for statement in body if isinstance(statement, cst.BaseStatement)]
