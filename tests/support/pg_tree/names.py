"""Names and types in a tree of PostgreSQL's grammar, as the reader gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import postgast.pg_query_pb2 as pb

from outofband_lint.names import QualifiedName
from outofband_lint.statement import DataType
from pg_tree.expressions import key, key_of

# What the grammar itself puts into pg_catalog, and what format_type() calls it.
_SPELLED = {
    "bool": "boolean",
    "bpchar": "character",
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "varbit": "bit varying",
    "varchar": "character varying",
}
SERIALS = {
    "serial": "integer",
    "serial2": "smallint",
    "serial4": "integer",
    "serial8": "bigint",
    "smallserial": "smallint",
    "bigserial": "bigint",
}
_TIMES = {
    "time": ("time", " without time zone"),
    "timestamp": ("timestamp", " without time zone"),
    "timestamptz": ("timestamp", " with time zone"),
    "timetz": ("time", " with time zone"),
}
# src/include/utils/datetime.h and timestamp.h: INTERVAL_MASK(b) is 1 << b.
_FIELDS = {"month": 1, "year": 2, "day": 3, "hour": 10, "minute": 11, "second": 12}
_FULL_RANGE = 0x7FFF


def relation(node: Any) -> QualifiedName:
    """Return a RangeVar's name."""
    return QualifiedName(node.relname, node.schemaname or None)


def parts(nodes: Iterable[Any]) -> tuple[str, ...]:
    """Return a list of String nodes."""
    return tuple(node.string.sval for node in nodes)


def named(nodes: Iterable[Any]) -> QualifiedName:
    """Return a name that stands as a list of String nodes."""
    *schema, name = parts(nodes)
    return QualifiedName(name, schema[-1] if schema else None)


def object_name(node: Any) -> QualifiedName:
    """Return the name of a dropped or renamed object, however the grammar wraps it."""
    kind = node.WhichOneof("node")
    if kind == "list":
        return named(node.list.items)
    if kind == "type_name":
        return named(node.type_name.names)
    if kind == "object_with_args":
        return named(node.object_with_args.objname)
    return QualifiedName(node.string.sval)


def value(node: Any) -> str:
    """Return a constant or a name that an option has, in lower case."""
    match node.WhichOneof("node"):
        case "string":
            return str(node.string.sval).lower()
        case "integer":
            return str(node.integer.ival)
        case "boolean":
            return str(node.boolean.boolval).lower()
        case "float":
            return str(node.float.fval)
        case "a_const":
            return constant(node.a_const)
        case "type_name":
            return named(node.type_name.names).name
    return key(node)


def constant(const: Any) -> str:
    """Return a constant's value as text."""
    match const.WhichOneof("val"):
        case "ival":
            return str(const.ival.ival)
        case "fval":
            return str(const.fval.fval)
        case "boolval":
            return str(const.boolval.boolval).lower()
        case _:
            return str(const.sval.sval)


def data_type(node: Any) -> DataType:
    """Return a TypeName as the reader's type; the modifiers are keys of expressions."""
    name = named(node.names)
    array = bool(node.array_bounds)
    schema = None if name.schema == "pg_catalog" else name.schema
    if schema is not None:
        return DataType(name.name, schema, _modifiers(node), array=array)
    if name.name in _TIMES:
        spelled, suffix = _TIMES[name.name]
        return DataType(spelled, modifiers=_modifiers(node), suffix=suffix, array=array)
    if name.name == "interval":
        return _interval(node, array=array)
    word = SERIALS.get(name.name, name.name)
    if word != "bpchar" or name.schema == "pg_catalog":
        word = _SPELLED.get(word, word)
    if name == QualifiedName("char"):
        word = '"char"'
    modifiers = _modifiers(node)
    if word == "numeric" and len(modifiers) == 1:
        modifiers = (*modifiers, key_of("0"))
    return DataType(word, modifiers=modifiers, array=array)


def _modifiers(node: Any) -> tuple[str, ...]:
    return tuple(map(key, node.typmods))


def _interval(node: Any, *, array: bool) -> DataType:
    if not node.typmods:
        return DataType("interval", array=array)
    mask = node.typmods[0].a_const.ival.ival
    modifiers = tuple(map(key, node.typmods[1:]))
    if mask == _FULL_RANGE:
        return DataType("interval", modifiers=modifiers, array=array)
    order = ("year", "month", "day", "hour", "minute", "second")
    fields = [field for field in order if mask & (1 << _FIELDS[field])]
    ends = fields if len(fields) == 1 else [fields[0], "to", fields[-1]]
    return DataType(" ".join(["interval", *ends]), modifiers=modifiers, array=array)


def on(options: Iterable[Any], name: str) -> bool:
    """Tell whether a DefElem of that name is given, and not with a value that says no."""
    return any(
        option.def_elem.defname == name
        and (
            not option.def_elem.HasField("arg")
            or value(option.def_elem.arg) not in ("off", "false", "0")
        )
        for option in options
    )


def cascades(behavior: int) -> bool:
    """Tell whether a DropBehavior is CASCADE."""
    return behavior == pb.DROP_CASCADE
