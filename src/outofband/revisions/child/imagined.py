"""One row that no database has, so that what a revision does with the rows it reads is seen too.

The values fit the types of their columns and mean nothing else.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import types
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from outofband_lint.names import QualifiedName
from outofband_lint.reader.tokens import Unreadable, tokenize

if TYPE_CHECKING:
    from outofband_lint.schema import Schema
    from outofband_lint.statement import DataType

_NUMBER, _TEXT = 1, "from_a_row"
_MOMENT = datetime.datetime(2020, 1, 1)
# Subclasses first: an Enum is a String, a Float is a Numeric.
_BY_TYPE: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (types.Integer, _NUMBER),
    (types.Float, 1.0),
    (types.Numeric, Decimal(_NUMBER)),
    (types.DateTime, _MOMENT),
    (types.Date, _MOMENT.date()),
    (types.Time, _MOMENT.time()),
    (types.Interval, datetime.timedelta(days=1)),
    (types.Uuid, f"{_NUMBER:032x}"),
    (types.JSON, "{}"),
    (types.ARRAY, []),
    (types.LargeBinary, b"1"),
    (types.String, _TEXT),
)
_BY_NAME = {
    "smallint": _NUMBER,
    "integer": _NUMBER,
    "bigint": _NUMBER,
    "numeric": Decimal(_NUMBER),
    "real": 1.0,
    "double precision": 1.0,
    "timestamp": _MOMENT,
    "date": _MOMENT.date(),
    "time": _MOMENT.time(),
    "interval": datetime.timedelta(days=1),
    "uuid": uuid.UUID(int=_NUMBER),
    "json": {},
    "jsonb": {},
    "bytea": b"1",
}
_NUMBERS = ("id", "_id", "count")
_TRUTHS = ("is_", "has_", "indis", "convalidated", "exists")


def columns_of(question: str, schema: Schema) -> list[str]:
    """Return the names of what a SELECT asks for; a single one where that cannot be told."""
    try:
        tokens = tokenize(question).texts
    except Unreadable:
        return ["?column?"]
    parts = [part for part in _selected(tokens) if part]
    if parts == [["*"]]:
        return [c.name for t in _tables(question, schema) for c in t.columns] or ["?column?"]
    return [_name(part) for part in parts] or ["?column?"]


def row(
    question: str,
    columns: Sequence[tuple[str, TypeEngine[Any] | None]],
    schema: Schema,
    *,
    truth: bool,
) -> tuple[Any, ...]:
    """Return a row that answers a question; everything that is true or false is ``truth``.

    ``columns`` are the names asked for, with their types where SQLAlchemy knows them.
    """
    tables = _tables(question, schema)
    known = {column.name: column.type for table in tables for column in table.columns}
    return tuple(
        _typed(kind, truth)
        if kind is not None and not isinstance(kind, NullType)
        else _named(name, known.get(name), schema, truth)
        for name, kind in columns
    )


def _typed(kind: TypeEngine[Any], truth: bool) -> Any:
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, types.Boolean):
        return truth
    if isinstance(kind, types.Enum):
        return (kind.enums or [_TEXT])[0]
    return next((value for type_, value in _BY_TYPE if isinstance(kind, type_)), _TEXT)


def _named(name: str, kind: DataType | None, schema: Schema, truth: bool) -> Any:
    if kind is None:
        number = str(_NUMBER) if name.endswith(_NUMBERS) else _TEXT
        return truth if name.startswith(_TRUTHS) else number
    if kind.array:
        return []
    if kind.name == "boolean":
        return truth
    for found in schema.candidates(QualifiedName(kind.name, kind.schema)):
        if found in schema.types and schema.types[found].labels:
            return schema.types[found].labels[0]
    return _BY_NAME.get(kind.name, _TEXT)


def _tables(question: str, schema: Schema) -> list[Any]:
    """Return the known tables that a question names."""
    try:
        words = {token.lstrip('"') for token in tokenize(question).texts}
    except Unreadable:
        return []
    return [table for table in schema.tables.values() if table.name.name in words]


def _selected(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Yield the tokens of each thing that the outermost SELECT asks for."""
    depth, inside = 0, False
    part: list[str] = []
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if depth == 0 and token == "select" and not inside:
            inside = True
        elif inside and depth == 0 and token in ("from", ";", "where", "union"):
            break
        elif inside and depth == 0 and token == ",":
            yield part
            part = []
        elif inside and not (depth == 0 and token in ("distinct", "all")):
            part.append(token)
    yield part


def _name(part: Sequence[str]) -> str:
    last = part[-1]
    if last == ")":
        return part[0]
    return last.lstrip('"')
