"""A key of an index, from how a statement spells it to what Postgres makes of it."""

from __future__ import annotations

from dataclasses import replace

from outofband.model.index import Key
from outofband.model.names import quote
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.index import index_key
from outofband_lint.reader.tokens import Unreadable, tokenize
from outofband_lint.statement import IndexKey


def key_of(told: IndexKey) -> Key:
    """Return the key that a statement tells: ``(path COLLATE "C")`` is the column with that
    collation, and no expression, as Postgres stores it (measured on 14 to 18).
    """
    key = _without_parentheses(told)
    return Key(
        text=f"({key.expression})" if key.column is None else quote(key.column),
        column=key.column,
        collation=key.collation,
        operator_class=key.opclass,
        descending=key.descending,
        nulls_first=key.nulls_first,
    )


def _without_parentheses(key: IndexKey) -> IndexKey:
    """Return the key with the collation inside its parentheses told beside it.

    After an operator it would be that of the right side alone: only what CREATE INDEX bears without
    parentheses is taken out of them.
    """
    inner = _read(key.expression or "") if key.collation is None else None
    if inner is None or inner != IndexKey(inner.column, inner.expression, inner.collation):
        return key
    if inner.collation is None:  # parentheses around all of it, or the call of a function
        if inner.expression in (None, key.expression):
            return key
        return _without_parentheses(replace(key, expression=inner.expression))
    column, expression = inner.column, inner.expression
    bare = _read(expression or "")
    if bare is not None and bare == IndexKey(bare.column):
        column, expression = bare.column, None
    return replace(key, column=column, expression=expression, collation=inner.collation)


def _read(expression: str) -> IndexKey | None:
    try:
        cursor = Cursor(tokenize(expression))
        key = index_key(cursor)
        cursor.expect_end()
    except Unreadable:
        return None
    return key
