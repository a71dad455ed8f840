"""What the reader gives, in the form that can be compared with a tree."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from outofband_lint import statement as sql
from pg_tree.expressions import key_of

_EXPRESSIONS = {
    sql.AlterColumnType: ("using",),
    sql.ColumnDefinition: ("default",),
    sql.Constraint: ("expression", "where"),
    sql.CreateDomain: ("default",),
    sql.CreateIndex: ("where",),
    sql.IndexKey: ("expression",),
    sql.SetDefault: ("expression",),
    sql.SetExpression: ("expression",),
}


def comparable(value: Any) -> Any:
    """Return a value of the reader with keys for expressions, and without what no tree has.

    Left out are the words that name a kind, the key and the bounds of partitions, and the value of
    a parameter.
    """
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    inner = {f.name: comparable(getattr(value, f.name)) for f in fields(value) if f.name != "sql"}
    for name in _EXPRESSIONS.get(type(value), ()):
        if inner[name] is not None:
            inner[name] = key_of(inner[name])
    return _without_words(type(value)(**inner))


def _without_words(value: Any) -> Any:
    match value:
        case sql.Understood():
            return sql.Understood("")
        case sql.OtherAction():
            return sql.OtherAction("")
        case sql.RenameObject():
            return replace(value, kind="", table=None)
        case sql.CreateTable():
            return replace(value, partition_key="")
        case sql.AttachPartition():
            return replace(value, bound="")
        case sql.SetParameter():
            return replace(value, value=None if value.value is None else "")
        case sql.Query(kind="values" | "table"):
            return replace(value, kind="select")
        case sql.DataType():
            return replace(value, modifiers=tuple(map(key_of, value.modifiers)), builtin=True)
        case sql.Constraint():
            actions = {
                name: "" if getattr(value, name) == "no action" else getattr(value, name)
                for name in ("on_delete", "on_update")
            }
            return replace(value, **actions)
    return value
