"""The names that Postgres gives to what has none.

Source: PostgreSQL 18, makeObjectName and ChooseRelationName (src/backend/commands/indexcmds.c),
ChooseConstraintName (src/backend/catalog/pg_constraint.c).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count

from outofband_lint.names import MAX_IDENTIFIER_BYTES, clip
from outofband_lint.reader.expression import leading_function
from outofband_lint.statement import IndexKey


def object_name(table: str, addition: str, label: str) -> str:
    """Join the parts with underscores, the longer of the first two cut until all fit."""
    room = MAX_IDENTIFIER_BYTES - len(label) - 1 - (1 if addition else 0)
    first, second = len(table.encode()), len(addition.encode())
    while first + second > room:
        if first > second:
            first -= 1
        else:
            second -= 1
    parts = (clip(table, first), clip(addition, second), label)
    return "_".join(part for part in parts if part)


def free_name(table: str, addition: str, label: str, is_taken: Callable[[str], bool]) -> str:
    """Return the first of `…_label`, `…_label1`, `…_label2` … that is not taken."""
    for number in count():
        name = object_name(table, addition, f"{label}{number or ''}")
        if not is_taken(name):
            return name
    raise AssertionError


def columns_addition(columns: Iterable[str]) -> str:
    """Join column names until they are longer than any name could be."""
    addition = ""
    for column in columns:
        addition = f"{addition}_{column}" if addition else column
        if len(addition.encode()) > MAX_IDENTIFIER_BYTES:
            break
    return addition


def key_names(keys: Sequence[IndexKey], include: Iterable[str]) -> list[str]:
    """Return a name for each key and included column, numbered where two are equal."""
    names: list[str] = []
    for original in (*map(_key_name, keys), *include):
        name = original
        for number in count(1):
            if name not in names:
                break
            name = clip(original, MAX_IDENTIFIER_BYTES - len(str(number))) + str(number)
        names.append(name)
    return names


def _key_name(key: IndexKey) -> str:
    if key.column is not None:
        return key.column
    return leading_function(key.expression or "") or "expr"
