"""What ALTER COLUMN … TYPE makes of the rows: nothing, other indexes, or another table.

Postgres leaves the rows alone where the conversion, once planned, is the column itself: between
types that are stored alike, and to modifiers that no stored value can violate.

Source: PostgreSQL 18, ALTER TABLE, Notes; ATColumnChangeRequiresRewrite (tablecmds.c), the support
functions of the length coercions (varchar.c, numeric.c, timestamp.c, varbit.c) and
CheckIndexCompatible (indexcmds.c). Servers are asked: tests/lint/test_type_change.py; 14 to 18
answer alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable, tokenize
from outofband_lint.reader.types import data_type
from outofband_lint.schema import Schema, Type
from outofband_lint.statement import AlterColumnType, DataType


class TypeChange(Enum):
    """What happens to what is stored."""

    NOTHING = "nothing"
    INDEXES = "the column's indexes are built again"
    REWRITE = "the table is rewritten"


_TEXT = ("text", "character varying")
_LIKE_TEXT = (*_TEXT, "citext")
_REGISTERED = tuple(
    f"reg{kind}"
    for kind in (
        *("class", "collation", "config", "dictionary", "namespace", "oper", "operator"),
        *("proc", "procedure", "role", "type"),
    )
)
# Source: pg_cast where castmethod is 'b', citext's casts included; the pairs that are stored alike.
_STORED_ALIKE = {
    *((old, new) for old in _LIKE_TEXT for new in (*_LIKE_TEXT, "bpchar")),
    *(("xml", new) for new in (*_TEXT, "bpchar")),
    *(pair for name in ("oid", *_REGISTERED) for pair in ((name, "integer"), ("integer", name))),
    *(pair for name in _REGISTERED for pair in ((name, "oid"), ("oid", name))),
    *(("regoper", "regoperator"), ("regoperator", "regoper")),
    *(("regproc", "regprocedure"), ("regprocedure", "regproc")),
    *(("bit", "bit varying"), ("bit varying", "bit")),
    ("cidr", "inet"),
}
# Types that share an operator class share indexes too.
_INDEXED_AS = {
    "character varying": "text",
    "cidr": "inet",
    **dict.fromkeys(_REGISTERED, "oid"),
}
_CLOCKS = {"timestamp with time zone", "timestamp without time zone"}
_TEMPORAL = {*_CLOCKS, "time with time zone", "time without time zone"}
_MOST_PRECISE = 6
_FIELDS = ("second", "minute", "hour", "day", "month", "year")


def type_change(
    old: DataType, action: AlterColumnType, schema: Schema, *, utc: bool = False
) -> TypeChange:
    """Tell what the change does to a column of the type `old`.

    `utc` says that the session's TimeZone is UTC, whose timestamps are stored alike with and
    without time zone. What is not known to keep the rows counts as a rewrite.
    """
    chain = casts(action.using, action.column) if action.using is not None else ()
    if chain is None:
        return TypeChange.REWRITE
    worst = TypeChange.NOTHING
    for new in (*chain, action.type):
        step = _cast(old, new, schema, utc)
        if step is TypeChange.REWRITE:
            return step
        worst = TypeChange.INDEXES if step is TypeChange.INDEXES else worst
        old = new
    return worst


def casts(using: str, column: str) -> tuple[DataType, ...] | None:
    """Return the types that a USING expression casts the column to, in order.

    None for an expression that does anything else.
    """
    try:
        cursor = Cursor(tokenize(using))
        chain = _casts(cursor, column)
        cursor.expect_end()
    except Unreadable:
        return None
    return chain


def _casts(cursor: Cursor, column: str) -> tuple[DataType, ...]:
    if cursor.accept_symbol("("):
        chain = _casts(cursor, column)
        cursor.expect_symbol(")")
    elif cursor.sees("cast") and cursor.sees_symbol("(", ahead=1):
        cursor.expect("cast")
        cursor.expect_symbol("(")
        chain = _casts(cursor, column)
        cursor.expect("as")
        chain = (*chain, data_type(cursor))
        cursor.expect_symbol(")")
    else:
        chain = ()
        if cursor.name().name != column:
            cursor.fail("the column itself")
    while cursor.accept_symbol("::"):
        chain = (*chain, data_type(cursor))
    if cursor.accept("collate"):
        cursor.name()
    return chain


def domain(type_: DataType, schema: Schema) -> Type | None:
    """Return the domain of the chain that a type is, if it is one."""
    if type_.builtin or type_.array:
        return None
    for name in schema.candidates(QualifiedName(type_.name, type_.schema)):
        found = schema.types.get(name)
        if found is not None:
            return found if found.kind == "domain" else None
    return None


def base_type(type_: DataType, schema: Schema) -> DataType:
    """Return the type itself, or what a domain of the chain is based on in the end."""
    found = domain(type_, schema)
    return type_ if found is None or found.base is None else base_type(found.base, schema)


def _cast(old: DataType, new: DataType, schema: Schema, utc: bool) -> TypeChange:
    if _same(old, new):
        return TypeChange.NOTHING
    found = domain(new, schema)
    if found is not None and found.constrained:
        return TypeChange.REWRITE
    if domain(old, schema) is not None:  # the planner knows no length of a domain's values
        old = replace(base_type(old, schema), modifiers=())
    new = base_type(new, schema)
    if old.array or new.array:
        is_kept = _same(replace(old, modifiers=()), replace(new, modifiers=()))
        kept = is_kept and new.modifiers in ((), old.modifiers)
        return TypeChange.NOTHING if kept else TypeChange.REWRITE
    return _builtin_cast(old, new, utc)


def _same(old: DataType, new: DataType) -> bool:
    """Tell whether two types are one, written with its schema or without."""
    unknown = None in (old.schema, new.schema) and not old.builtin
    return old == (replace(new, schema=old.schema) if unknown else new)


def _builtin_cast(old: DataType, new: DataType, utc: bool) -> TypeChange:
    before, after = _stem(old), _stem(new)
    if before != after:
        clocks = utc and {before, after} == _CLOCKS
        if not clocks and (before, after) not in _STORED_ALIKE:
            return TypeChange.REWRITE
        old = replace(old, modifiers=())  # what the cast gives is of any length
    if not _fits(after, old, new):
        return TypeChange.REWRITE
    same_indexes = _INDEXED_AS.get(before, before) == _INDEXED_AS.get(after, after)
    return TypeChange.NOTHING if same_indexes else TypeChange.INDEXES


def _stem(type_: DataType) -> str:
    """Return what the type is apart from its length, precision or fields."""
    name = type_.name
    if name == "character":
        return "bpchar"
    return "interval" if name.startswith("interval") else f"{name}{type_.suffix}"


def _fits(stem: str, old: DataType, new: DataType) -> bool:
    """Tell whether all that the old modifiers let in satisfies the new ones."""
    if stem == "interval":
        return _interval_fits(old, new)
    if not new.modifiers or old.modifiers == new.modifiers:
        return True
    was, will = _numbers(old.modifiers), _numbers(new.modifiers)
    if not will:
        return False
    if stem in _TEMPORAL:
        return will[0] >= min(was[0] if was else _MOST_PRECISE, _MOST_PRECISE)
    if not was:
        return False
    if stem == "numeric":
        return will[0] >= was[0] and will[1:] == was[1:]
    return stem in ("character varying", "bit varying") and will[0] >= was[0]


def _interval_fits(old: DataType, new: DataType) -> bool:
    """Tell whether the new fields reach as far down, and the seconds are as precise."""
    was, will = _smallest_field(old), _smallest_field(new)
    if will > was:
        return False
    if not new.modifiers or was > 0:
        return True
    before = _numbers(old.modifiers)
    return _numbers(new.modifiers)[0] >= (before[0] if before else _MOST_PRECISE)


def _smallest_field(type_: DataType) -> int:
    last = type_.name.rsplit(" ", 1)[-1]
    return _FIELDS.index(last) if last in _FIELDS else 0


def _numbers(modifiers: Sequence[str]) -> list[int]:
    """Return the modifiers as numbers; none where one is something else, as an extension's may."""
    try:
        return [int(modifier) for modifier in modifiers]
    except ValueError:
        return []
