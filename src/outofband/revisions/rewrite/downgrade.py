"""What ``downgrade()`` undoes, in the form that ``upgrade()`` now has.

A plain ``op.drop_index`` fails on an index that was deferred and never built, and locks a large
table; ours leaves what is not there, or is large (contract, Downgrade). A constraint is dropped in
milliseconds, where it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import libcst as cst

from outofband.revisions.rewrite.source import (
    bound,
    call_of,
    dotted,
    function_of,
    literal,
    operation_name,
    parsed_call,
    with_keyword,
    without,
)

_UNDONE_BY = {
    "create_index_out_of_band": "drop_index",
    "create_primary_key_out_of_band": "drop_constraint",
    "create_unique_constraint_out_of_band": "drop_constraint",
    "drop_index_out_of_band": "create_index",
    "create_foreign_key_out_of_band": "drop_constraint",
    "create_check_constraint_out_of_band": "drop_constraint",
}
_WITHOUT_INDEX = frozenset(
    {"create_foreign_key_out_of_band", "create_check_constraint_out_of_band"}
)
_NAMES = ("index_name", "constraint_name")


def followed(module: cst.Module, operations: Iterable[str]) -> cst.Module:
    """Return the module whose ``downgrade()`` undoes these operations of ``upgrade()``."""
    calls = [parsed_call(operation, "op") for operation in operations]
    undone = {
        (_UNDONE_BY[function_of(call)], _name(call)): call
        for call in calls
        if function_of(call) in _UNDONE_BY
    }
    return module.visit(_Downgrade(operation_name(module), undone)) if undone else module


def _name(call: cst.Call) -> object:
    arguments = bound(call, function_of(call)) or {}
    return next((literal(arguments[name]) for name in _NAMES if name in arguments), None)


class _Downgrade(cst.CSTTransformer):
    def __init__(self, operation: str, undone: Mapping[tuple[str, object], cst.Call]) -> None:
        super().__init__()
        self._operation = operation
        self._undone = undone

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return node.name.value == "downgrade" or node.name.value.startswith("downgrade_")

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        call = call_of(updated_node)
        if call is None or not isinstance(call.func, cst.Attribute):
            return updated_node
        done = self._undone.get((function_of(call), _name(call)))
        if done is None or dotted(call.func.value) != self._operation:
            return updated_node
        return updated_node.with_changes(body=[cst.Expr(_sister(call, done))])


def _sister(call: cst.Call, done: cst.Call) -> cst.Call:
    """Return the out-of-band form of a call that undoes what `done` does."""
    assert isinstance(call.func, cst.Attribute)
    function = function_of(call)
    if function_of(done) in _WITHOUT_INDEX:
        return with_keyword(call, "if_exists", cst.Name("True"))
    creates = function == "create_index"
    name = "create_index_out_of_band" if creates else "drop_index_out_of_band"
    sister = call.with_changes(func=call.func.with_changes(attr=cst.Name(name)))
    sister = without(sister, "postgresql_concurrently", "if_exists", "type_")
    if function == "drop_constraint":
        return _without_positional_type(sister)
    if not creates and "table_name" not in (bound(call, function) or {}):
        table = (bound(done, function_of(done)) or {})["table_name"]
        return with_keyword(sister, "table_name", table)
    return sister


def _without_positional_type(call: cst.Call) -> cst.Call:
    """``op.drop_constraint(name, table, "unique")``: the third says the kind, which ours knows."""
    positional = [argument for argument in call.args if argument.keyword is None]
    if len(positional) < 3:
        return call
    kept = [argument for argument in call.args if argument is not positional[2]]
    kept[-1] = kept[-1].with_changes(comma=call.args[-1].comma)
    return call.with_changes(args=kept)
