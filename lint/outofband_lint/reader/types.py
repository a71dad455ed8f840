"""Type names, spelled the way format_type() spells them.

Source: PostgreSQL 18, chapter 8 (aliases) and src/backend/utils/adt/format_type.c.
"""

from __future__ import annotations

from outofband_lint.reader.cursor import Cursor
from outofband_lint.statement import DataType

SERIALS = {
    "smallserial": "smallint",
    "serial2": "smallint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
}
_ALIASES = {
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "dec": "numeric",
    "decimal": "numeric",
    "varchar": "character varying",
    "char": "character",
    "nchar": "character",
    "varbit": "bit varying",
}
# A type of one of these without a length has length 1.
_LENGTH_ONE = {"character", "bit"}
_ZONED = {"timestamptz": "timestamp", "timetz": "time"}
_PLAIN_LIST = """
    smallint integer bigint real numeric boolean character bit text bytea uuid json jsonb xml
    date money name oid bpchar inet cidr macaddr macaddr8 point line lseg box path polygon
    circle tsvector tsquery jsonpath pg_lsn xid xid8 cid tid txid_snapshot pg_snapshot refcursor
    regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc
    regprocedure regrole regtype int4range int8range numrange daterange tsrange tstzrange
    int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange
"""
_PLAIN = frozenset(_PLAIN_LIST.split())
_INTERVAL_FIELDS = ("year", "month", "day", "hour", "minute", "second")


def data_type(cursor: Cursor) -> DataType:
    """Read a type: its name, modifiers and array marks."""
    base = _base(cursor)
    is_array = cursor.accept("array")
    while cursor.sees_symbol("["):
        cursor.skip_group()
        is_array = True
    if not is_array:
        return base
    return DataType(
        base.name, base.schema, base.modifiers, base.suffix, array=True, builtin=base.builtin
    )


def _base(cursor: Cursor) -> DataType:
    if cursor.text_ahead[:1] == '"' and not cursor.sees_symbol(".", ahead=1):
        return _quoted(cursor)
    name = cursor.name()
    if name.schema not in (None, "pg_catalog"):
        return DataType(name.name, name.schema, _modifiers(cursor), builtin=False)
    word = name.name
    if word in ("timestamp", "time") or word in _ZONED:
        return _time(cursor, word)
    if word == "interval":
        return _interval(cursor)
    return _named(cursor, word)


def _quoted(cursor: Cursor) -> DataType:
    name = cursor.identifier()
    if name == "char":
        return DataType('"char"')
    if name in _PLAIN:
        return DataType(name, modifiers=_modifiers(cursor))
    return DataType(name, modifiers=_modifiers(cursor), builtin=False)


def _named(cursor: Cursor, word: str) -> DataType:
    if word == "double" and cursor.accept("precision"):
        return DataType("double precision")
    if word == "national":
        word = cursor.accept_any("character", "char") or cursor.fail("CHARACTER")
    name = SERIALS.get(word) or _ALIASES.get(word, word)
    if name in ("character", "bit") and cursor.accept("varying"):
        name += " varying"
    modifiers = _modifiers(cursor)
    if word == "float":
        is_real = bool(modifiers) and int(modifiers[0]) <= 24
        return DataType("real" if is_real else "double precision")
    if name in _LENGTH_ONE and not modifiers:
        modifiers = ("1",)
    if name == "numeric" and len(modifiers) == 1:
        modifiers = (*modifiers, "0")
    builtin = name in _PLAIN or name in ("character varying", "bit varying", "double precision")
    return DataType(name, modifiers=modifiers, builtin=builtin)


def _modifiers(cursor: Cursor) -> tuple[str, ...]:
    if not cursor.sees_symbol("("):
        return ()
    return cursor.grouped(lambda: cursor.expression(lambda: False))


def _time(cursor: Cursor, word: str) -> DataType:
    precision = _modifiers(cursor)
    zoned = word in _ZONED
    if cursor.accept("with", "time", "zone"):
        zoned = True
    else:
        cursor.accept("without", "time", "zone")
    suffix = " with time zone" if zoned else " without time zone"
    return DataType(_ZONED.get(word, word), modifiers=precision, suffix=suffix)


def _interval(cursor: Cursor) -> DataType:
    fields: list[str] = []
    while word := cursor.accept_any(*_INTERVAL_FIELDS, *(["to"] if fields else [])):
        fields.append(word)
    name = " ".join(["interval", *fields])
    return DataType(name, modifiers=_modifiers(cursor))
