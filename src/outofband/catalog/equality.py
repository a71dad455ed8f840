"""Is the index that exists the one that was declared? Decided on values, without DDL (contract,
States).

What serves queries and writes is compared: access method, uniqueness, NULLS [NOT] DISTINCT, keys
with order, collation and operator class, INCLUDE, predicate. Storage parameters and tablespace are
not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from outofband.catalog.facts import IndexFacts, KeyFacts, TableFacts
from outofband.model.index import Index, Key


class Equality(Enum):
    """The answer; UNPROVABLE means that the texts differ where equal ones cannot be told from
    different ones.
    """

    EQUAL = "equal"
    DIFFERENT = "different"
    UNPROVABLE = "unprovable"


def compare(declared: Index, stored: IndexFacts, table: TableFacts) -> Equality:
    """Compare a declared index with a stored one of the same table; that of a DEFERRABLE constraint
    is another, since neither ON CONFLICT nor a foreign key can use it.
    """
    return _worst(
        [
            _when(declared.method.lower() == stored.method),
            _when(declared.unique == stored.unique and not stored.deferrable),
            _when(declared.nulls_not_distinct == stored.nulls_not_distinct),
            _when(set(declared.include) == set(stored.include)),
            _when(len(declared.keys) == len(stored.keys)),
            _expressions(_rule(declared.where, table), _rule(stored.predicate, table), table),
            *(_keys(k, s, table) for k, s in zip(declared.keys, stored.keys, strict=False)),
        ]
    )


def is_comparable(declared: Index, stored: IndexFacts, table: TableFacts) -> bool:
    """Tell whether the planner knows a form of every expression and predicate of both, so that two
    which are not equal are most likely different ones.
    """
    texts = [key.text for key in declared.keys if key.column is None]
    texts += [key.text for key in stored.keys if key.column is None]
    texts += [text for text in (declared.where, stored.predicate) if text]
    return all(table.canonical.get(text) is not None for text in texts)


def _worst(answers: Iterable[Equality]) -> Equality:
    given = set(answers)
    if Equality.DIFFERENT in given:
        return Equality.DIFFERENT
    return Equality.UNPROVABLE if Equality.UNPROVABLE in given else Equality.EQUAL


def _when(equal: bool) -> Equality:
    return Equality.EQUAL if equal else Equality.DIFFERENT


def _keys(declared: Key, stored: KeyFacts, table: TableFacts) -> Equality:
    if not _same_column(declared, stored):
        return Equality.DIFFERENT
    return _worst(
        [
            _when(declared.descending == stored.descending),
            _when(declared.puts_nulls_first == stored.nulls_first),
            _operator_class(declared, stored),
            _collation(declared, stored, table),
            Equality.EQUAL if stored.column else _expressions(declared.text, stored.text, table),
        ]
    )


def _same_column(declared: Key, stored: KeyFacts) -> bool:
    """Both the same column, or both an expression; Postgres stores ``(id)`` as the column."""
    if declared.column is not None or stored.column is None:
        return declared.column == stored.column
    bare = declared.text.strip("() ")
    return not {"(", ")"}.intersection(bare) and _last_part(bare) == stored.column


def _operator_class(declared: Key, stored: KeyFacts) -> Equality:
    if declared.operator_class is None:
        return _when(stored.default_class)
    return _when(_last_part(declared.operator_class) == stored.operator_class)


def _collation(declared: Key, stored: KeyFacts, table: TableFacts) -> Equality:
    if declared.collation is not None:
        return _when(_last_part(declared.collation) == stored.collation)
    if stored.column is not None:
        # A column made since the columns were read is not among them.
        column = table.columns.get(stored.column)
        return _when(column is not None and column.collation_oid == stored.collation_oid)
    own = _OWN_COLLATION.search(table.canonical.get(declared.text) or "")
    same = (_last_part(own[1]) if own else "default") == (stored.collation or "default")
    return Equality.EQUAL if same else Equality.UNPROVABLE


def _rule(predicate: str | None, table: TableFacts) -> str | None:
    """Return a predicate that leaves rows out; Postgres keeps none of WHERE true (measured on 14 to
    18).
    """
    if predicate is None or table.canonical.get(predicate) == _EVERY_ROW:
        return None
    return predicate


def _expressions(declared: str | None, stored: str | None, table: TableFacts) -> Equality:
    if declared is None or stored is None:
        return _when(declared is stored)
    ours, theirs = table.canonical.get(declared), table.canonical.get(stored)
    return Equality.EQUAL if ours is not None and ours == theirs else Equality.UNPROVABLE


_EVERY_ROW = "true"
# A quoted name may have dots: "en_US.utf8".
_LAST_PART = re.compile(r'(?:"(?:[^"]|"")*"|[^".]+)$')
_OWN_COLLATION = re.compile(r' COLLATE ((?:\w+|"(?:[^"]|"")*")(?:\.(?:\w+|"(?:[^"]|"")*"))?)$')


def _last_part(name: str) -> str:
    found = _LAST_PART.search(name.strip())
    part = found[0] if found else name
    return part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()
